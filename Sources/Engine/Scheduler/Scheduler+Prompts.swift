extension Scheduler {
    /// Plans chunks of prompts in a lane with what the step has left, and lets new sequences in.
    ///
    /// The tenant that was served least goes first; within a tenant prompts that are half read before new ones, the
    /// oldest first. When the one whose turn it is finds no place, nobody passes it: a long prompt would wait for ever.
    mutating func planPrompts(_ lane: Lane) {
        if lane == .batch, step.promptTokens > 0 { return }
        var budget = promptBudget(lane)
        // Batch work does not take the room that an interactive sequence waits for.
        var isDoorOpen = lane == .interactive || waiting.isEmpty(.interactive)
        while budget > 0, let sequence = nextPrompt(lane, includingNew: isDoorOpen) {
            if sequence.phase == .waiting, !admit(sequence) {
                isDoorOpen = false
                continue
            }
            sequence.isPlanned = true
            if let job = sequence.job {
                budget -= planTexts(of: sequence, job, budget: budget)
            } else {
                budget -= planChunk(of: sequence, budget: budget)
            }
        }
    }

    /// Prompt tokens that this step may compute beside its decodes, or beside the steps of other models.
    private func promptBudget(_ lane: Lane) -> Int {
        let room = limits.maximumBatchedTokens - step.tokenCount
        guard step.decodeRows > 0 else {
            guard sharesThreads else { return room }
            let seconds = max(
                limits.sharedStepSeconds, limits.sharedStretch * cost.seconds(rows: 0, promptTokens: 0))
            return min(room, max(cost.promptTokens(besideRows: 0, within: seconds), limits.minimumChunk))
        }
        var seconds = cost.seconds(rows: step.decodeRows, promptTokens: 0)
        if lane == .batch {
            seconds *= limits.batchStretch
        } else if let equal = step.equalSeconds {
            // The others' readers see their tokens later for what this tenant decodes as well as for what it reads.
            seconds = equal * limits.tenantStretchWithPrompts
        } else {
            seconds *= limits.promptStretch
        }
        let wanted = cost.promptTokens(besideRows: step.decodeRows, within: seconds)
        // Batch work has no right to a chunk of its own size, only to go on at all.
        return min(room, max(wanted, lane == .batch ? 1 : limits.minimumChunk))
    }

    private func nextPrompt(_ lane: Lane, includingNew: Bool) -> Sequence? {
        var candidates: [Tenant: Sequence] = [:]
        for sequence in running
        where sequence.lane == lane && !sequence.isPlanned && !sequence.isDecoding && !sequence.isPaused {
            if candidates[sequence.tenant] == nil { candidates[sequence.tenant] = sequence }
        }
        let halfRead = candidates.values.min(by: goesBefore)
        guard includingNew else { return halfRead }
        // The line of a tenant comes after its half-read prompts.
        let new = waiting.heads(of: lane).filter { candidates[$0.tenant] == nil }.min(by: goesBefore)
        guard let halfRead, let new else { return halfRead ?? new }
        return goesBefore(new, halfRead) ? new : halfRead
    }

    /// Plans as much of a prompt as budget and free blocks allow; returns how much that is.
    private mutating func planChunk(of sequence: Sequence, budget: Int) -> Int {
        var count = min(sequence.pendingCount, budget)
        if sequence.needsPromptRows { count = min(count, limits.maximumScoredRows - step.scoredRows) }
        makeRoom(for: sequence, tokenCount: count)
        count = min(count, room(for: sequence))
        guard count > 0, takeBlocks(for: sequence, tokenCount: count) else { return 0 }
        addToStep(sequence, tokenCount: count)
        return count
    }

    /// Tokens that the blocks of a sequence and those that nobody uses have room for.
    func room(for sequence: Sequence) -> Int {
        (sequence.blocks.count + pool.availableCount) * blockLength - sequence.computedCount
    }

    /// A half-read prompt stands still for lack of blocks neither while readers who are behind keep theirs, nor, in the
    /// interactive lane, while batch work does.
    mutating func makeRoom(for sequence: Sequence, tokenCount: Int) {
        while room(for: sequence) < tokenCount {
            guard
                let yielding = running.last(where: { $0.isPaused })
                    ?? running.last(where: {
                        sequence.lane == .interactive && $0.lane == .batch && !$0.isPlanned
                    })
            else { return }
            preempt(yielding)
        }
    }

    // MARK: Admission

    /// Gives the first of a line a place and what is cached of its prompt, if there is room for the rest.
    private mutating func admit(_ sequence: Sequence) -> Bool {
        guard running.count < limits.maximumSequences else { return false }
        let found = findCached(sequence)
        for block in found { pool.retain(block) }
        guard hasBlocks(for: sequence, found: found.count) else {
            pool.release(table: found)
            return false
        }
        waiting.remove(sequence)
        sequence.blocks = found
        sequence.computedCount = found.count * blockLength
        sequence.findableCount = found.count
        if sequence.startedAt == nil {
            sequence.cachedPromptCount = min(sequence.computedCount, sequence.promptCount)
            counts.cacheQueries += sequence.promptCount
            counts.cacheHits += sequence.cachedPromptCount
        }
        startRunning(sequence)
        return true
    }

    /// Cached blocks of a sequence's tokens. The last token is always computed: its row predicts the next one.
    func findCached(_ sequence: Sequence) -> [Int32] {
        if sequence.needsPromptRows || sequence.tokens.isEmpty { return [] }
        return pool.match(
            sequence.tokens, in: sequence.namespace, blockLength: blockLength,
            limit: (sequence.tokens.count - 1) / blockLength)
    }

    /// Whether the blocks that nobody uses hold the rest of a sequence's tokens, the next one, and a block for each
    /// sequence that runs, so that it is not sent away again at once.
    private func hasBlocks(for sequence: Sequence, found: Int) -> Bool {
        if running.isEmpty || !hasCache { return true }
        return blocksNeeded(by: sequence) - found + running.count <= pool.availableCount
    }

    func blocksNeeded(by sequence: Sequence) -> Int {
        guard let job = sequence.job else { return (sequence.tokens.count + blockLength) / blockLength }
        return ((job.nextTokenCount ?? 0) + blockLength - 1) / blockLength
    }

    /// Tokens for which a half-read prompt must find blocks to get on: texts are not cut.
    func leastChunk(of sequence: Sequence) -> Int {
        sequence.job == nil ? 1 : blocksNeeded(by: sequence) * blockLength
    }

    /// Whether `admit` would take a sequence.
    func fits(_ sequence: Sequence) -> Bool {
        guard running.count < limits.maximumSequences else { return false }
        if !hasCache { return true }
        let found = findCached(sequence)
        // Cached blocks that it takes are no longer available to it.
        let taken = found.filter { pool.referenceCount(of: $0) == 0 }.count
        return running.isEmpty
            || blocksNeeded(by: sequence) - found.count + running.count <= pool.availableCount - taken
    }
}
