import DequeModule

/// Bounds of what one step takes on.
struct SchedulerLimits {
    /// Tokens of one step: decodes first, prefill chunks with what is left.
    var maximumBatchedTokens: Int
    var maximumSequences: Int
    /// Rows of logits that one scoring chunk may ask for: a row is a whole vocabulary of floats.
    var maximumScoredRows: Int
}

/// Decides what each step computes: which sequences run, how many tokens of each, and who owns which KV block.
///
/// Decodes go first, then prefill chunks, oldest first; new sequences join when there is budget and room for their
/// prompt. When blocks run out, the newest sequence loses its blocks and starts again later (preemption by recompute).
/// The oldest sequence is never preempted, and one sequence always fits, so there is always progress.
struct Scheduler {
    private let limits: SchedulerLimits
    private let blockLength: Int
    private(set) var allocator: BlockAllocator
    private(set) var waiting: Deque<Sequence> = []
    /// In order of arrival.
    private(set) var running: [Sequence] = []
    private(set) var preemptionCount = 0

    init(limits: SchedulerLimits, blockLength: Int, blockCount: Int) {
        self.limits = limits
        self.blockLength = blockLength
        allocator = BlockAllocator(blockCount: blockCount)
    }

    /// Sequences that wait for the second time or more. They stand before all that never ran.
    var preemptedCount: Int { waiting.prefix { $0.preemptionCount > 0 }.count }

    var hasWork: Bool { !waiting.isEmpty || !running.isEmpty }

    mutating func add(_ sequence: Sequence) { waiting.append(sequence) }

    /// Takes a sequence out, wherever it is, and frees its blocks.
    mutating func remove(_ sequence: Sequence) {
        running.removeAll { $0 === sequence }
        waiting.removeAll { $0 === sequence }
        releaseBlocks(of: sequence)
    }

    /// The next step's work; empty only when there are no sequences.
    mutating func plan() -> [ScheduledSegment] {
        while true {
            var plan: [ScheduledSegment] = []
            var budget = limits.maximumBatchedTokens
            planDecodes(&plan, &budget)
            planPrefills(&plan, &budget)
            admit(&plan, &budget)
            if !plan.isEmpty || running.isEmpty { return plan }
            // Half-read prompts hold all blocks and none can go on: the newest gives its blocks back.
            preempt(running[running.count - 1])
        }
    }

    private mutating func planDecodes(_ plan: inout [ScheduledSegment], _ budget: inout Int) {
        for sequence in running where sequence.isDecoding {
            // An earlier turn of this loop may have preempted it.
            guard budget > 0, running.contains(where: { $0 === sequence }) else { continue }
            while !reserveBlocks(for: sequence, tokenCount: 1) {
                let newest = running[running.count - 1]
                preempt(newest)
                if newest === sequence { break }
            }
            guard running.contains(where: { $0 === sequence }) else { continue }
            plan.append(ScheduledSegment(sequence: sequence, tokenCount: 1))
            budget -= 1
        }
    }

    private mutating func planPrefills(_ plan: inout [ScheduledSegment], _ budget: inout Int) {
        for sequence in running where !sequence.isDecoding {
            guard budget > 0 else { return }
            planChunk(of: sequence, &plan, &budget)
        }
    }

    private mutating func admit(_ plan: inout [ScheduledSegment], _ budget: inout Int) {
        while budget > 0, running.count < limits.maximumSequences, let sequence = waiting.first {
            let blocksNeeded = (sequence.tokens.count + blockLength) / blockLength
            guard blocksNeeded <= allocator.freeCount || running.isEmpty else { return }
            waiting.removeFirst()
            running.append(sequence)
            planChunk(of: sequence, &plan, &budget)
        }
    }

    /// Plans as much of a prompt as budget and free blocks allow.
    private mutating func planChunk(of sequence: Sequence, _ plan: inout [ScheduledSegment], _ budget: inout Int) {
        var count = min(sequence.pendingCount, budget)
        if sequence.needsPromptRows { count = min(count, limits.maximumScoredRows) }
        let room = (sequence.blocks.count + allocator.freeCount) * blockLength - sequence.computedCount
        count = min(count, room)
        guard count > 0, reserveBlocks(for: sequence, tokenCount: count) else { return }
        plan.append(ScheduledSegment(sequence: sequence, tokenCount: count))
        budget -= count
    }

    private mutating func reserveBlocks(for sequence: Sequence, tokenCount: Int) -> Bool {
        let needed = (sequence.computedCount + tokenCount + blockLength - 1) / blockLength
        while sequence.blocks.count < needed {
            guard let block = allocator.allocate() else { return false }
            sequence.blocks.append(block)
        }
        return true
    }

    private mutating func preempt(_ sequence: Sequence) {
        running.removeAll { $0 === sequence }
        releaseBlocks(of: sequence)
        sequence.preemptionCount += 1
        preemptionCount += 1
        waiting.prepend(sequence)
    }

    private mutating func releaseBlocks(of sequence: Sequence) {
        allocator.release(sequence.blocks)
        sequence.blocks = []
        sequence.computedCount = 0
    }
}
