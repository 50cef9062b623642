/// Decides what each step computes: which sequences run, how many tokens of each, and which KV blocks they own.
///
/// A step takes decodes first, then chunks of prompts; the interactive lane first, then batch work with what is left.
/// Tenants take turns by what they were served; within a tenant the oldest goes first. When blocks run out, the newest
/// sequence gives its blocks back and is computed again later, mostly from the prefix cache.
///
/// Progress: one sequence always fits, whoever is first in a step may take blocks from all who are not planned yet, and
/// decodes take turns, so nobody is passed over for ever.
struct Scheduler {
    let limits: SchedulerLimits
    let blockLength: Int
    /// Whether what is computed needs blocks.
    let hasCache: Bool
    /// Sequences of more tokens than this are long (``StepModel/longTextLimit``).
    let longTextLimit: Int
    var pool: BlockPool
    var waiting = WaitingLine()
    /// In order of submission.
    var running: [Sequence] = []
    /// By lane.
    private var shares = Lane.allCases.map { _ in FairShares() }
    /// Sequences that have not ended.
    private(set) var live = LiveCounts()
    var cost = StepCost()
    /// Whether other models' sequences want the threads that this one computes on.
    var sharesThreads = false
    /// The step being planned.
    var step = StepPlan()
    private(set) var stepNumber: UInt64 = 0
    var counts = SchedulerCounts()

    init(
        limits: SchedulerLimits, blockLength: Int, blockCount: Int, hasCache: Bool = true, longTextLimit: Int? = nil
    ) {
        self.limits = limits
        self.hasCache = hasCache
        self.longTextLimit = longTextLimit ?? .max
        self.blockLength = blockLength
        pool = BlockPool(blockCount: blockCount)
    }

    /// Whether a step could compute something.
    var hasRunnableWork: Bool { !waiting.isEmpty || running.contains { !$0.isPaused } }

    // MARK: Come and go

    mutating func add(_ sequence: Sequence) {
        live.add(sequence.tenant)
        sequence.isLong = sequence.tokens.count > longTextLimit
        sequence.phase = .waiting
        waiting.insert(sequence)
        counts.waiting += 1
    }

    /// Adds a sequence that goes on from the prompt of another one, which has not been computed yet.
    mutating func add(_ sequence: Sequence, following leader: Sequence) {
        live.add(sequence.tenant)
        sequence.isLong = leader.isLong
        sequence.phase = .following
        leader.followers.append(sequence)
        counts.waiting += 1
    }

    /// Takes a sequence out, wherever it is, and lets go of its blocks.
    mutating func remove(_ sequence: Sequence) {
        guard sequence.phase != .finished else { return }
        switch sequence.phase {
        case .running: leaveRunning(sequence)
        case .waiting:
            waiting.remove(sequence)
            counts.waiting -= 1
        case .following, .parked: counts.waiting -= 1
        case .finished: break
        }
        sequence.phase = .finished
        promoteFollower(of: sequence)
        live.remove(sequence.tenant)
    }

    /// The prompt that others wait for is not going to be computed: the first of them takes it on.
    private mutating func promoteFollower(of sequence: Sequence) {
        var followers = sequence.followers.filter { $0.phase == .following }
        sequence.followers = []
        guard !followers.isEmpty else { return }
        let leader = followers.removeFirst()
        leader.followers = followers
        leader.waitingTokens = sequence.waitingTokens
        sequence.waitingTokens = 0
        leader.cachedPromptCount = sequence.cachedPromptCount
        leader.phase = .waiting
        waiting.insert(leader)
    }

    /// The reader of a sequence is behind: no more tokens for it until `resume`.
    mutating func pause(_ sequence: Sequence, at now: ContinuousClock.Instant) { sequence.pausedAt = now }

    mutating func resume(_ sequence: Sequence) {
        sequence.pausedAt = nil
        guard sequence.phase == .parked else { return }
        sequence.phase = .waiting
        waiting.insert(sequence)
    }

    // MARK: Plan

    /// The next step's work; empty only when nothing can run.
    mutating func plan() -> StepPlan {
        stepNumber += 1
        updateShares()
        step = StepPlan()
        while true {
            step = StepPlan(copies: step.copies)
            for sequence in running {
                sequence.isPlanned = false
                sequence.job?.forgetPlan()
            }
            makeRoom()
            makeRoomForOldest()
            for lane in [Lane.interactive, .batch] {
                planDecodes(lane)
                planPrompts(lane)
            }
            if !step.isEmpty || !hasRunnableWork { return step }
            // Half-read prompts hold all blocks and none can go on: the newest gives its blocks back.
            guard let newest = running.last(where: { !$0.isPaused }) ?? running.last else { return step }
            preempt(newest)
        }
    }

    /// The step is done: what it computed can be found from now on.
    mutating func complete(_ item: ScheduledSegment) {
        guard item.sequence.phase == .running else { return }
        item.sequence.computedCount += item.tokenCount
        makeFindable(item.sequence)
    }

    /// Lets those who wait for this sequence's prompt, which is computed now, go on from it.
    ///
    /// - Returns: those that run now and whose first token the same row of logits predicts. For the others there is no
    ///   place; they wait in the line, and will find the prompt in the prefix cache.
    mutating func forkFollowers(of leader: Sequence) -> [Sequence] {
        let followers = leader.followers.filter { $0.phase == .following }
        leader.followers = []
        var forks: [Sequence] = []
        for follower in followers {
            follower.cachedPromptCount = leader.cachedPromptCount
            guard running.count < limits.maximumSequences else {
                follower.phase = .waiting
                waiting.insert(follower)
                continue
            }
            for block in leader.blocks { pool.retain(shared: block) }
            follower.blocks = leader.blocks
            follower.computedCount = leader.computedCount
            follower.findableCount = leader.findableCount
            follower.lastStep = leader.lastStep
            follower.isPlanned = true
            startRunning(follower)
            forks.append(follower)
        }
        return forks
    }

    // MARK: Bookkeeping

    mutating func startRunning(_ sequence: Sequence) {
        sequence.phase = .running
        let index = running.lastIndex { $0.id < sequence.id }.map { $0 + 1 } ?? 0
        running.insert(sequence, at: index)
        counts.waiting -= 1
    }

    mutating func leaveRunning(_ sequence: Sequence) {
        running.removeAll { $0 === sequence }
        pool.release(table: sequence.blocks)
        sequence.blocks = []
        sequence.computedCount = 0
        sequence.findableCount = 0
        sequence.job?.forgetPlan()
    }

    mutating func addToStep(_ sequence: Sequence, tokenCount: Int) {
        sequence.lastStep = stepNumber
        step.segments.append(ScheduledSegment(sequence: sequence, tokenCount: tokenCount))
        if sequence.isDecoding {
            step.decodeRows += 1
            shares[sequence.lane.rawValue].charge(sequence.tenant, completionTokens: 1)
        } else {
            step.promptTokens += tokenCount
            if sequence.needsPromptRows { step.scoredRows += tokenCount }
            charge(sequence, promptTokens: tokenCount)
        }
    }

    mutating func charge(_ sequence: Sequence, promptTokens: Int) {
        sequence.lastStep = stepNumber
        shares[sequence.lane.rawValue].charge(sequence.tenant, promptTokens: promptTokens)
    }

    // MARK: Shares

    /// What a tenant was served in a lane, compared with others.
    func served(_ tenant: Tenant, in lane: Lane) -> Double { shares[lane.rawValue].served(tenant) }

    private mutating func updateShares() {
        for lane in Lane.allCases {
            var asking = Set(waiting.tenants(in: lane))
            for sequence in running where sequence.lane == lane && !sequence.isDecoding && !sequence.isPaused {
                asking.insert(sequence.tenant)
            }
            shares[lane.rawValue].update(asking: asking)
        }
    }

    /// Which of two sequences of different tenants goes first.
    func goesBefore(_ left: Sequence, _ right: Sequence) -> Bool {
        let (mine, its) = (served(left.tenant, in: left.lane), served(right.tenant, in: right.lane))
        return mine != its ? mine < its : left.id < right.id
    }
}

/// What a scheduler has counted since its start, and how many wait now.
struct SchedulerCounts {
    /// Sequences without a place: in line, following, or parked.
    var waiting = 0
    var preemptions = 0
    /// Prompt tokens looked up in the prefix cache, and found there.
    var cacheQueries = 0
    var cacheHits = 0
}
