import Glibc

/// The keys and values of all sequences, in numbered blocks of ``KeyValueLayout/blockLength`` positions.
///
///     block 0: layer 0 [head 0: keys, values][head 1] ... layer 1 ...
///     block 1: ...
///
/// All layers of a block lie together: copying one is copying a stretch of memory, and a short sequence touches few
/// large pages. Memory is reserved at once and comes in when blocks are first written, so an empty cache costs
/// nothing.
final class KeyValueCache {
    let layout: KeyValueLayout
    let blockCount: Int
    let byteCount: Int
    private let memory: UnsafeMutableRawPointer

    init(layout: KeyValueLayout, blockCount: Int) throws(ModelLoadError) {
        let (byteCount, isTooLarge) = layout.bytesPerBlock.multipliedReportingOverflow(by: blockCount)
        guard blockCount > 0, !isTooLarge else { throw .outOfMemory(byteCount: isTooLarge ? .max : byteCount) }
        let memory = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else { throw .outOfMemory(byteCount: byteCount) }
        // Attention reads a few kilobytes here and there, so address translation counts. A refusal is fine.
        madvise(memory, byteCount, MADV_HUGEPAGE)
        self.layout = layout
        self.blockCount = blockCount
        self.byteCount = byteCount
        self.memory = memory
    }

    deinit {
        munmap(memory, byteCount)
    }

    /// A head of a layer in block 0; that of block `b` is `b * layout.bytesPerBlock` bytes further.
    func base(layer: Int, head: Int) -> UnsafeMutableRawPointer {
        memory + layout.layerOffsets[layer] + head * layout.headByteCounts[layer]
    }

    /// Copies a whole block in every layer.
    func copyBlock(from source: Int, to destination: Int) {
        precondition((0..<blockCount).contains(source) && (0..<blockCount).contains(destination))
        guard source != destination else { return }
        let count = layout.bytesPerBlock
        (memory + destination * count).copyMemory(from: memory + source * count, byteCount: count)
    }
}
