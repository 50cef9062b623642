extension Scheduler {
    /// Gives a sequence the blocks for its next tokens, its own to write to; takes them from others if it must.
    ///
    /// - Returns: false when there were none, not even from others; the sequence itself may have lost its own.
    mutating func takeBlocks(for sequence: Sequence, tokenCount: Int) -> Bool {
        let first = sequence.computedCount / blockLength
        if first < sequence.blocks.count, pool.referenceCount(of: sequence.blocks[first]) > 1 {
            // Copy on write: the block that the next token goes to is shared with a fork.
            guard let copy = takeBlock(for: sequence) else { return false }
            let shared = sequence.blocks[first]
            step.copies.append(BlockCopy(source: shared, destination: copy))
            pool.release(shared)
            sequence.blocks[first] = copy
        }
        let needed = (sequence.computedCount + tokenCount + blockLength - 1) / blockLength
        while sequence.blocks.count < needed {
            guard let block = takeBlock(for: sequence) else { return false }
            sequence.blocks.append(block)
        }
        return true
    }

    private mutating func takeBlock(for sequence: Sequence) -> Int32? {
        while true {
            if let block = pool.allocate(for: sequence.tenant) { return block }
            guard sequence.isDecoding, let victim = victim(for: sequence) else { return nil }
            preempt(victim)
            if victim === sequence { return nil }
        }
    }

    /// Registers the blocks that have become full.
    mutating func makeFindable(_ sequence: Sequence) {
        while sequence.findableCount < sequence.computedCount / blockLength {
            let number = sequence.findableCount
            let link: BlockKey.Link
            if number == 0 {
                link = .root(sequence.namespace)
            } else {
                guard let identity = pool.identity(of: sequence.blocks[number - 1]) else {
                    preconditionFailure("a block before a full one is not registered")
                }
                link = .block(identity)
            }
            let range = (number * blockLength)..<((number + 1) * blockLength)
            sequence.blocks[number] = pool.register(
                sequence.blocks[number], as: BlockKey(link: link, tokens: Array(sequence.tokens[range])),
                of: sequence.tenant)
            sequence.findableCount += 1
        }
    }
}
