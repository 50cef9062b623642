import Glibc

/// The keys and values of all sequences, in numbered blocks of ``KeyValueLayout/blockLength`` positions, in f16.
///
///     layer 0: block 0 [head 0: keys, values][head 1] ... block 1 ...
///     layer 1: ...
///
/// Memory is reserved at once and comes in when blocks are first written, so an empty cache costs nothing.
final class KeyValueCache {
    let layout: KeyValueLayout
    let blockCount: Int
    let byteCount: Int
    private let elements: UnsafeMutablePointer<UInt16>
    /// The first element of each layer.
    private let layerOffsets: [Int]

    init(layout: KeyValueLayout, blockCount: Int) throws(ModelLoadError) {
        let (byteCount, isTooLarge) = layout.bytesPerBlock.multipliedReportingOverflow(by: blockCount)
        guard blockCount > 0, !isTooLarge else { throw .outOfMemory(byteCount: isTooLarge ? .max : byteCount) }
        let memory = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else { throw .outOfMemory(byteCount: byteCount) }
        self.layout = layout
        self.blockCount = blockCount
        self.byteCount = byteCount
        elements = memory.bindMemory(to: UInt16.self, capacity: byteCount / MemoryLayout<UInt16>.stride)
        var offset = 0
        layerOffsets = layout.blockElementCounts.map { count in
            defer { offset += count * blockCount }
            return offset
        }
    }

    deinit {
        munmap(elements, byteCount)
    }

    /// The first block's elements of a head of a layer.
    func base(layer: Int, head: Int) -> UnsafeMutablePointer<UInt16> {
        elements + layerOffsets[layer] + head * layout.headElementCounts[layer]
    }

    /// Elements between two blocks of a layer.
    func blockStride(layer: Int) -> Int { layout.blockElementCounts[layer] }

    /// Copies a whole block in every layer.
    func copyBlock(from source: Int, to destination: Int) {
        precondition((0..<blockCount).contains(source) && (0..<blockCount).contains(destination))
        guard source != destination else { return }
        for (offset, stride) in zip(layerOffsets, layout.blockElementCounts) {
            (elements + offset + destination * stride).update(
                from: elements + offset + source * stride, count: stride)
        }
    }
}
