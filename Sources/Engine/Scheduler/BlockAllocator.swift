/// Hands out the numbered blocks of the KV cache.
///
/// INVARIANT: every block is either free or held by exactly one sequence; `freeCount + heldCount == blockCount`.
struct BlockAllocator {
    let blockCount: Int
    private var free: [Int32]

    init(blockCount: Int) {
        self.blockCount = blockCount
        // Taken from the end, so that low blocks go first and a lightly loaded server touches little memory.
        free = (0..<Int32(blockCount)).reversed()
    }

    var freeCount: Int { free.count }
    var heldCount: Int { blockCount - free.count }

    mutating func allocate() -> Int32? { free.popLast() }

    mutating func release(_ blocks: [Int32]) {
        free.append(contentsOf: blocks.reversed())
        assert(free.count <= blockCount, "a block was released twice")
    }
}
