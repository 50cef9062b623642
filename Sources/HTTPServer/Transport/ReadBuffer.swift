/// Memory that all channels of a loop read into in turn, so that idle connections hold no buffer.
final class ReadBuffer {
    private let memory: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        memory = .allocate(byteCount: capacity, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        memory.deallocate()
    }

    var capacity: Int { memory.count }

    /// Lets `fill` write to the memory; it returns how many bytes it wrote, or a negative number.
    func fill(_ fill: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        let count = fill(memory)
        precondition(count <= memory.count)
        return count
    }

    /// Shows the first `count` bytes.
    func withBytes<Result>(_ count: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        // SAFETY: the memory is initialised in full and lives as long as self; the span cannot leave the call.
        body(UnsafeBufferPointer(rebasing: memory.bindMemory(to: UInt8.self)[..<count]).span)
    }
}
