import Glibc
import Kernels

/// The keys and values of all sequences, in numbered blocks of ``KeyValueLayout/blockLength`` positions.
///
///     blocks 0 ..< 16:  layer 0 [head 0: keys of block 0, 1 ... 15, values of block 0, 1 ... 15][head 1] ... layer 1 ...
///     blocks 16 ..< 32: ...
///
/// Sixteen neighbouring blocks, a shelf, lie together for each layer and head, so that reading a long context is reading
/// long stretches of memory; and all layers of a shelf lie together, so that a short sequence touches few large pages.
/// Memory is reserved at once and comes in when blocks are first written, so an empty cache costs nothing, unless
/// ``prefault(atOnce:pool:)`` is asked for.
final class KeyValueCache {
    let layout: KeyValueLayout
    let blockCount: Int
    /// Bytes of all blocks.
    let byteCount: Int
    private let memory: UnsafeMutableRawPointer
    private let mappedByteCount: Int
    private var prefaulting: Prefault?

    init(layout: KeyValueLayout, blockCount: Int) throws(ModelLoadError) {
        let shelfCount = max(0, blockCount - 1) / CacheLayout.blocksPerShelf + 1
        let (mappedByteCount, isTooLarge) = layout.bytesPerShelf.multipliedReportingOverflow(by: shelfCount)
        guard blockCount > 0, !isTooLarge else { throw .outOfMemory(byteCount: isTooLarge ? .max : 0) }
        let memory = mmap(
            nil, mappedByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else { throw .outOfMemory(byteCount: mappedByteCount) }
        // Attention reads a few kilobytes here and there, so address translation counts. A refusal is fine.
        madvise(memory, mappedByteCount, MADV_HUGEPAGE)
        self.layout = layout
        self.blockCount = blockCount
        byteCount = layout.bytesPerBlock * blockCount
        self.mappedByteCount = mappedByteCount
        self.memory = memory
    }

    deinit {
        // The thread ends before the memory does.
        prefaulting = nil
        munmap(memory, mappedByteCount)
    }

    /// Brings in the first `byteCount` bytes at once, on all threads of a pool, and the rest in the background.
    ///
    /// Blocks with low numbers are used first.
    func prefault(atOnce byteCount: Int, pool: WorkerPool) {
        let all = UnsafeMutableRawBufferPointer(start: memory, count: mappedByteCount)
        let pageByteCount = Int(getpagesize())
        let now = min(byteCount / pageByteCount * pageByteCount, mappedByteCount)
        Prefault.now(UnsafeMutableRawBufferPointer(rebasing: all[..<now]), pool: pool)
        prefaulting = Prefault(UnsafeMutableRawBufferPointer(rebasing: all[now...]))
    }

    /// A head of a layer on the first shelf; shelves are `layout.bytesPerShelf` bytes apart.
    func base(layer: Int, head: Int) -> UnsafeMutableRawPointer {
        let offset = layout.layerOffsets[layer] + head * layout.headByteCounts[layer]
        return memory + offset * CacheLayout.blocksPerShelf
    }

    /// Copies a whole block in every layer.
    func copyBlock(from source: Int, to destination: Int) {
        precondition((0..<blockCount).contains(source) && (0..<blockCount).contains(destination))
        guard source != destination else { return }
        for (layer, byteCount) in layout.headByteCounts.enumerated() {
            for head in 0..<layout.headCounts[layer] {
                // Keys, then values.
                for half in 0..<2 {
                    let start = base(layer: layer, head: head) + half * CacheLayout.blocksPerShelf * byteCount / 2
                    (start + offset(of: destination, byteCount / 2)).copyMemory(
                        from: start + offset(of: source, byteCount / 2), byteCount: byteCount / 2)
                }
            }
        }
    }

    /// How far block `block` is from the first one, of which as much lies side by side as `byteCount` says.
    private func offset(of block: Int, _ byteCount: Int) -> Int {
        let (shelf, place) = block.quotientAndRemainder(dividingBy: CacheLayout.blocksPerShelf)
        return shelf * layout.bytesPerShelf + place * byteCount
    }
}
