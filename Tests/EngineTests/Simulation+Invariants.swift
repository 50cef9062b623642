import Testing

@testable import Engine

/// What must be true after every turn.
extension Simulation {
    func checkInvariants() {
        // A large cache takes longer to check than to use.
        if loop.scheduler.pool.blockCount < 1000 || turnCount.isMultiple(of: 64) {
            checkBlocks()
            checkPrefixCache()
        }
        checkPlaces()
        checkPlan()
        checkTurns()
    }

    /// Cheaper than an expectation, of which there would be millions.
    private func check(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { Issue.record("turn \(turnCount): \(message())") }
    }

    /// Each block is in as many tables as it counts, and in one state.
    private func checkBlocks() {
        let (scheduler, pool) = (loop.scheduler, loop.scheduler.pool)
        var tables = Array(repeating: 0, count: pool.blockCount)
        for sequence in scheduler.running {
            for block in sequence.blocks { tables[Int(block)] += 1 }
            check(
                sequence.blocks.count * scheduler.blockLength >= sequence.computedCount,
                "\(sequence.id) has computed more than its blocks hold")
        }
        for sequence in loop.sequences.values where sequence.phase != .running {
            check(sequence.blocks.isEmpty, "\(sequence.id) is \(sequence.phase) and has blocks")
        }
        for block in 0..<Int32(pool.blockCount) {
            check(pool.referenceCount(of: block) == tables[Int(block)], "block \(block) counts tables wrongly")
        }
        check(pool.heldCount == tables.count { $0 > 0 }, "held blocks")
        check(pool.freeCount + pool.cachedCount + pool.heldCount == pool.blockCount, "blocks were lost")
        check(engine.status.usedBlocks == pool.heldCount, "the status tells other figures")
    }

    /// Every block that can be found leads through others that can be found to a root: no orphan takes room for nothing.
    private func checkPrefixCache() {
        let pool = loop.scheduler.pool
        var identities: [BlockIdentity: Int32] = [:]
        for block in 0..<Int32(pool.blockCount) {
            if let identity = pool.identity(of: block) { identities[identity] = block }
        }
        check(identities.count == pool.registeredCount, "index and contents differ")
        for block in identities.values {
            guard let key = pool.key(of: block), case .block(let parent) = key.link else { continue }
            guard let before = identities[parent] else {
                check(false, "block \(block) follows one that is gone")
                continue
            }
            check(
                pool.referenceCount(of: before) >= min(1, pool.referenceCount(of: block)),
                "block \(block) is held and the one before it is not")
        }
        for sequence in loop.scheduler.running {
            for number in 0..<sequence.findableCount {
                let range = (number * loop.scheduler.blockLength)..<((number + 1) * loop.scheduler.blockLength)
                check(
                    pool.key(of: sequence.blocks[number])?.tokens == Array(sequence.tokens[range]),
                    "\(sequence.id) has a block of other tokens")
            }
        }
    }

    /// Every live sequence is in exactly one place.
    private func checkPlaces() {
        let scheduler = loop.scheduler
        check(scheduler.running.count <= scheduler.limits.maximumSequences, "too many run")
        check(scheduler.running.map(\.id) == scheduler.running.map(\.id).sorted(), "the running are out of order")
        check(scheduler.running.allSatisfy { $0.phase == .running }, "somebody runs who does not")
        let phases = loop.sequences.values.map(\.phase)
        check(!phases.contains(.finished), "a finished sequence is live")
        check(scheduler.running.count + scheduler.counts.waiting == loop.sequences.count, "waiting count")
        check(scheduler.waiting.count == phases.count { $0 == .waiting }, "the line has other members")
        check(
            engine.status.runningSequences + engine.status.waitingSequences == loop.sequences.count,
            "the status counts other sequences")
        check(
            loop.admission.waitingPromptTokens == loop.sequences.values.reduce(0) { $0 + $1.waitingTokens },
            "waiting tokens leak")
        check(loop.sequences.values.allSatisfy { !($0.phase == .parked && !$0.isPaused) }, "parked without a reason")
    }

    private func checkPlan() {
        let (scheduler, step) = (loop.scheduler, loop.scheduler.step)
        // A text is never cut: one that is longer than a step may take is the only one.
        let isOneText = step.texts.count == 1 && step.promptTokens == step.texts[0].tokenCount
        check(isOneText || step.tokenCount <= scheduler.limits.maximumBatchedTokens, "too many tokens")
        check(step.texts.allSatisfy { $0.blocks.isEmpty }, "a text keeps its blocks")
        check(isOneText || step.scoredRows <= scheduler.limits.maximumScoredRows, "too many scored rows")
        check(Set(step.segments.map(\.sequence.id)).count == step.segments.count, "a sequence is planned twice")
        let counts =
            step.segments.map { ($0.sequence.lane, $0.tokenCount) }
            + step.texts.map { ($0.sequence.lane, $0.tokenCount) }
        check(counts.reduce(0) { $0 + $1.1 } == step.tokenCount, "tokens of the plan")
        let batch = counts.filter { $0.0 == .batch }.reduce(0) { $0 + $1.1 }
        let interactive = step.tokenCount - batch
        if interactive > 0, let last = steps.last, last.promptTokens[.interactive, default: 0] > 0 {
            check(batch == 0, "batch work beside interactive prompts")
        }
    }

    /// Nobody who can run stands still for long.
    private func checkTurns() {
        let live = loop.sequences
        for id in lastTurns.keys where live[id] == nil { lastTurns[id] = nil }
        var oldest: SequenceID?
        for sequence in live.values {
            if sequence.isPaused || sequence.lane == .batch {
                lastTurns[sequence.id] = turnCount
                continue
            }
            if lastTurns[sequence.id] == nil { lastTurns[sequence.id] = turnCount }
            let standstill = turnCount - (lastTurns[sequence.id] ?? turnCount)
            if sequence.phase == .running {
                check(standstill <= longestStandstill, "\(sequence.id) has stood still for \(standstill) turns")
            }
            oldest = min(oldest ?? sequence.id, sequence.id)
        }
        if let oldest, let last = lastTurns[oldest] {
            check(turnCount - last <= longestWaitOfOldest, "the oldest, \(oldest), starves")
        }
    }
}
