import Synchronization

/// What an engine is doing, readable from any thread at any time without stopping it.
public final class EngineStatus: Sendable {
    public let blockCount: Int
    public let blockLength: Int
    private let running = Atomic(0)
    private let waiting = Atomic(0)
    private let heldBlocks = Atomic(0)
    private let waitingTokens = Atomic(0)
    private let preempted = Atomic(0)
    private let preemptions = Atomic(0)
    private let steps = Atomic(0)

    init(blockCount: Int, blockLength: Int) {
        self.blockCount = blockCount
        self.blockLength = blockLength
    }

    public var runningSequences: Int { running.load(ordering: .relaxed) }
    /// Submitted and not running, in the mailbox or in the queue; those that lost their blocks for now included.
    public var waitingSequences: Int { waiting.load(ordering: .relaxed) + preempted.load(ordering: .relaxed) }
    public var waitingPromptTokens: Int { waitingTokens.load(ordering: .relaxed) }
    public var usedBlocks: Int { heldBlocks.load(ordering: .relaxed) }
    public var preemptionCount: Int { preemptions.load(ordering: .relaxed) }
    /// Steps since the start: a heartbeat while anything runs.
    public var stepCount: Int { steps.load(ordering: .relaxed) }
    /// Share of the KV cache in use, 0 to 1.
    public var cacheUsage: Double { Double(usedBlocks) / Double(blockCount) }

    /// Counts a submission in if there is room for it.
    func reserve(promptTokens: Int, limits: EngineConfiguration) -> Bool {
        if waiting.add(1, ordering: .relaxed).newValue > limits.maximumWaitingSequences {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        if waitingTokens.add(promptTokens, ordering: .relaxed).newValue > limits.maximumWaitingTokens {
            waiting.subtract(1, ordering: .relaxed)
            waitingTokens.subtract(promptTokens, ordering: .relaxed)
            return false
        }
        return true
    }

    /// A sequence starts running, or goes without having run.
    func leaveQueue(promptTokens: Int) {
        waiting.subtract(1, ordering: .relaxed)
        waitingTokens.subtract(promptTokens, ordering: .relaxed)
    }

    func publish(_ scheduler: Scheduler) {
        running.store(scheduler.running.count, ordering: .relaxed)
        heldBlocks.store(scheduler.allocator.heldCount, ordering: .relaxed)
        preempted.store(scheduler.preemptedCount, ordering: .relaxed)
        preemptions.store(scheduler.preemptionCount, ordering: .relaxed)
    }

    func countStep() { steps.add(1, ordering: .relaxed) }
}
