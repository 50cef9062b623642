/// The numbered blocks of the KV cache: who uses them, and which of them hold a prefix that may be wanted again.
///
/// INVARIANT: each block is in exactly one of three states, and `freeCount + cachedCount + heldCount == blockCount`:
///
///     free     nothing worth keeping
///     held     in the block tables of `references[block]` sequences
///     cached   full, found by its key, in no table; the first to go when a block is needed
struct BlockPool {
    let blockCount: Int
    private var free: [Int32]
    private var references: [Int32]
    private var index: [BlockKey: Int32] = [:]
    private var contents: [Contents?]
    private var evictionOrder: EvictionOrder
    private var identityCount: UInt64 = 0

    private struct Contents {
        var key: BlockKey
        var identity: BlockIdentity
        var tenant: Tenant
    }

    init(blockCount: Int) {
        self.blockCount = blockCount
        // Taken from the end, so that low blocks go first and a lightly loaded server touches little memory.
        free = (0..<Int32(blockCount)).reversed()
        references = Array(repeating: 0, count: blockCount)
        contents = Array(repeating: nil, count: blockCount)
        evictionOrder = EvictionOrder(blockCount: blockCount)
    }

    var freeCount: Int { free.count }
    var cachedCount: Int { evictionOrder.count }
    var heldCount: Int { blockCount - freeCount - cachedCount }
    /// Blocks that `allocate` could hand out.
    var availableCount: Int { freeCount + cachedCount }

    /// How many block tables a block is in.
    func referenceCount(of block: Int32) -> Int { Int(references[Int(block)]) }

    // MARK: Use

    /// A block for new contents, in one table; what it held is forgotten. Nil when all blocks are in use.
    mutating func allocate(for tenant: Tenant) -> Int32? {
        let block: Int32
        if let unused = free.popLast() {
            block = unused
        } else if let candidate = evictionOrder.candidate(for: tenant) {
            block = candidate
            evictionOrder.remove(block)
            forget(block)
        } else {
            return nil
        }
        references[Int(block)] = 1
        return block
    }

    /// One more table has this block, which is held or cached.
    mutating func retain(_ block: Int32) {
        if references[Int(block)] == 0 {
            assert(contents[Int(block)] != nil, "a free block has nothing to share")
            evictionOrder.remove(block)
        }
        references[Int(block)] += 1
    }

    /// One more table has this block, which is held, and perhaps not full.
    mutating func retain(shared block: Int32) {
        precondition(references[Int(block)] > 0, "the block is in no table")
        references[Int(block)] += 1
    }

    /// One table less has this block. The last one leaves it cached if it can be found again, and free if not.
    mutating func release(_ block: Int32) {
        precondition(references[Int(block)] > 0, "a block was released too often")
        references[Int(block)] -= 1
        guard references[Int(block)] == 0 else { return }
        if let contents = contents[Int(block)] {
            evictionOrder.append(block, of: contents.tenant)
        } else {
            free.append(block)
        }
    }

    /// Releases a sequence's whole table, the end first: what comes later in a text is the first to be given up.
    mutating func release(table: [Int32]) {
        for block in table.reversed() { release(block) }
    }

    // MARK: Find

    /// Makes a full block findable, and returns the block to use from now on.
    ///
    /// Another sequence may have computed the same contents at the same time. They are the same bits, so the table gets
    /// that block and this one is released.
    mutating func register(_ block: Int32, as key: BlockKey, of tenant: Tenant) -> Int32 {
        if let known = index[key] {
            if known != block {
                retain(known)
                release(block)
            }
            return known
        }
        identityCount += 1
        index[key] = block
        contents[Int(block)] = Contents(
            key: key, identity: BlockIdentity(rawValue: identityCount), tenant: tenant)
        return block
    }

    /// What a block is found by; nil if it is not registered.
    func key(of block: Int32) -> BlockKey? { contents[Int(block)]?.key }

    /// Blocks that can be found.
    var registeredCount: Int { index.count }

    /// What a registered block is known as to the block after it.
    func identity(of block: Int32) -> BlockIdentity? { contents[Int(block)]?.identity }

    /// The cached or held blocks of the longest known prefix, without taking them.
    ///
    /// - Parameters:
    ///   - limit: full blocks of `tokens` to look for, at most.
    func match(_ tokens: [Int32], in namespace: PrefixNamespace, blockLength: Int, limit: Int) -> [Int32] {
        var blocks: [Int32] = []
        var link = BlockKey.Link.root(namespace)
        for number in 0..<max(0, limit) {
            let range = (number * blockLength)..<((number + 1) * blockLength)
            guard let block = index[BlockKey(link: link, tokens: Array(tokens[range]))],
                let identity = identity(of: block)
            else { break }
            blocks.append(block)
            link = .block(identity)
        }
        return blocks
    }

    /// Gives up everything that a tenant has cached and nobody uses: its key is gone, for instance.
    mutating func forget(_ tenant: Tenant) {
        for block in 0..<Int32(blockCount) where references[Int(block)] == 0 && contents[Int(block)]?.tenant == tenant {
            evictionOrder.remove(block)
            forget(block)
            free.append(block)
        }
    }

    private mutating func forget(_ block: Int32) {
        guard let known = contents[Int(block)] else { return }
        index[known.key] = nil
        contents[Int(block)] = nil
    }
}
