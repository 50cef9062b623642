import Synchronization

/// What an engine is doing, readable from any thread at any time without stopping it.
public final class EngineStatus: Sendable {
    public let blockCount: Int
    public let blockLength: Int
    private let running = Atomic(0)
    private let live = Atomic(0)
    private let held = Atomic(0)
    private let cached = Atomic(0)
    private let preemptions = Atomic(0)
    private let cacheQueries = Atomic(0)
    private let cacheHits = Atomic(0)
    private let steps = Atomic(0)
    private let steppedTokens = Atomic(0)
    private let nanosecondsInSteps = Atomic(0)
    private let nanosecondsPerEnd = Atomic(0)
    /// Ends and the time they took, of late; only the engine's thread touches them.
    private let recentEnds = Atomic(0)
    private let recentNanoseconds = Atomic(0)

    init(blockCount: Int, blockLength: Int) {
        self.blockCount = blockCount
        self.blockLength = blockLength
    }

    public var runningSequences: Int { running.load(ordering: .relaxed) }
    /// Submitted and not running: on the way to the engine, in line, or sent back to it for lack of blocks.
    public var waitingSequences: Int { max(0, live.load(ordering: .relaxed) - runningSequences) }
    /// Blocks of the KV cache in sequences' tables.
    public var usedBlocks: Int { held.load(ordering: .relaxed) }
    /// Blocks that no sequence uses and that hold prefixes that may be wanted again.
    public var cachedBlocks: Int { cached.load(ordering: .relaxed) }
    public var preemptionCount: Int { preemptions.load(ordering: .relaxed) }
    /// Steps since the start: a heartbeat while anything runs.
    public var stepCount: Int { steps.load(ordering: .relaxed) }

    /// All figures at once, as they stand; each is exact, together they may be one step apart.
    public var snapshot: EngineSnapshot {
        EngineSnapshot(
            runningSequences: runningSequences, waitingSequences: waitingSequences, blockCount: blockCount,
            usedBlocks: usedBlocks, cachedBlocks: cachedBlocks, preemptionCount: preemptionCount,
            cacheQueryTokens: cacheQueries.load(ordering: .relaxed), cacheHitTokens: cacheHits.load(ordering: .relaxed),
            stepCount: stepCount, steppedTokens: steppedTokens.load(ordering: .relaxed),
            secondsInSteps: Double(nanosecondsInSteps.load(ordering: .relaxed)) * 1e-9)
    }

    /// How long someone who finds no place should wait: until those who wait now have had their turn, as fast as
    /// sequences have ended lately.
    var retryAfter: Duration {
        let drain = nanosecondsPerEnd.load(ordering: .relaxed) * max(1, waitingSequences)
        return .nanoseconds(min(max(drain, 1_000_000_000), 60_000_000_000))
    }

    // MARK: The engine tells

    func countSubmissions(_ count: Int) { live.add(count, ordering: .relaxed) }

    func publish(_ scheduler: borrowing Scheduler) {
        running.store(scheduler.running.count, ordering: .relaxed)
        held.store(scheduler.pool.heldCount, ordering: .relaxed)
        cached.store(scheduler.pool.cachedCount, ordering: .relaxed)
        preemptions.store(scheduler.counts.preemptions, ordering: .relaxed)
        cacheQueries.store(scheduler.counts.cacheQueries, ordering: .relaxed)
        cacheHits.store(scheduler.counts.cacheHits, ordering: .relaxed)
    }

    func countStep(tokens: Int, duration: Duration) {
        steps.add(1, ordering: .relaxed)
        steppedTokens.add(tokens, ordering: .relaxed)
        nanosecondsInSteps.add(duration.nanoseconds, ordering: .relaxed)
    }

    /// A sequence left without ever having had a place.
    func countEnd() { live.subtract(1, ordering: .relaxed) }

    /// A sequence gave its place back, so long after the one before it.
    ///
    /// Sequences that run together often end together, so the mean is that of a stretch of time, not of the last intervals.
    func countEnd(after interval: Duration) {
        countEnd()
        // One sequence that ran for days does not say that the next will.
        let ends = recentEnds.load(ordering: .relaxed) + 1
        let time = recentNanoseconds.load(ordering: .relaxed) + min(max(interval.nanoseconds, 0), 60_000_000_000)
        nanosecondsPerEnd.store(time / ends, ordering: .relaxed)
        // Old ends fade: half of what the last seconds say is forgotten at a time.
        let isEnough = time > 10_000_000_000 && ends > 1
        recentEnds.store(isEnough ? ends / 2 : ends, ordering: .relaxed)
        recentNanoseconds.store(isEnough ? time / 2 : time, ordering: .relaxed)
    }
}

/// An engine's figures at one moment.
public struct EngineSnapshot: Sendable, Equatable {
    public var runningSequences: Int
    public var waitingSequences: Int
    public var blockCount: Int
    public var usedBlocks: Int
    public var cachedBlocks: Int
    public var preemptionCount: Int
    /// Prompt tokens that were looked up in the prefix cache.
    public var cacheQueryTokens: Int
    /// Prompt tokens that were found there.
    public var cacheHitTokens: Int
    public var stepCount: Int
    /// Tokens computed in all steps, of prompts and replies.
    public var steppedTokens: Int
    public var secondsInSteps: Double

    /// Share of the KV cache in use, 0 to 1; 0 for encoders, which have none.
    public var cacheUsage: Double { Double(usedBlocks) / Double(max(1, blockCount)) }
}

extension Duration {
    var nanoseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    }
}
