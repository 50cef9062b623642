internal import Synchronization

/// Memory that the packed matrices of a model share, in large pages.
///
/// Matrices of a small model are smaller than a large page. Side by side they fill large pages, and a pass over all
/// weights, which is what a decode step is, then costs fewer address translations.
/// PERF: 31-34 -> 36-38 GB/s for products with one row on one core of Zen 5.
///
/// Memory goes back to the system when the arena and all matrices in a chunk are gone.
public final class WeightArena: Sendable {
    private struct State {
        var chunk: PanelMemory?
        var used = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Takes `byteCount` bytes, aligned to a cache line, out of a chunk that the caller must keep.
    func allocate(byteCount: Int) throws(KernelError) -> (memory: PanelMemory, offset: Int) {
        try state.withLock { state throws(KernelError) in
            if let chunk = state.chunk, byteCount <= chunk.byteCount - state.used {
                let offset = state.used
                state.used += byteCount + (-byteCount & (Self.alignment - 1))
                return (chunk, offset)
            }
            let chunk = try PanelMemory(byteCount: max(byteCount, Self.chunkByteCount), largePages: true)
            // A matrix as large as a chunk has it for itself, and the chunk in use stays in use.
            if byteCount < Self.chunkByteCount {
                state.chunk = chunk
                state.used = byteCount + (-byteCount & (Self.alignment - 1))
            }
            return (chunk, 0)
        }
    }

    private static var alignment: Int { 64 }
    private static var chunkByteCount: Int { 64 << 20 }
}

/// Memory that several matrices may keep alive.
final class PanelMemory: @unchecked Sendable {
    // SAFETY (of the `@unchecked Sendable`): whoever is given a range of the memory is the only one to write there.
    private let memory: ZeroedMemory
    let byteCount: Int

    init(byteCount: Int, largePages: Bool) throws(KernelError) {
        memory = try ZeroedMemory(byteCount: byteCount, largePages: largePages)
        self.byteCount = byteCount
    }

    var start: UnsafeMutablePointer<UInt8> { memory.start.assumingMemoryBound(to: UInt8.self) }
}
