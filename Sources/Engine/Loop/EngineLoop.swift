import DequeModule
import Tokenization
import Transformer

/// The engine thread's whole life: receive commands, schedule, forward, process results.
// SAFETY: made by `Engine.init`, which hands it to the engine thread and keeps none of what the thread changes.
final class EngineLoop: @unchecked Sendable {
    let configuration: EngineConfiguration
    let clock: EngineClock
    let mailbox = Mailbox<EngineCommand>()
    let status: EngineStatus
    let admission: Admission
    let model: any StepModel
    var scheduler: Scheduler
    var sequences: [SequenceID: Sequence] = [:]
    var appointments = Appointments()
    let buffers: SamplingBuffers
    var mustExit = false
    /// When another model last wanted the threads.
    private var othersSeenAt: ContinuousClock.Instant?
    /// How every sequence ends that comes from now on; nil while the engine takes any.
    private var endOfAll: SequenceEnd?
    /// Tenants who will not come back and have sequences under way.
    private var leavingTenants: Set<Tenant> = []
    /// When the last sequence ended, or the first one came after all had.
    var lastEndAt: ContinuousClock.Instant

    init(model: any StepModel, configuration: EngineConfiguration, clock: EngineClock) {
        precondition(
            !model.needsCache || model.blockCount * model.blockLength >= model.contextLength,
            "the KV cache holds no whole context")
        precondition(
            configuration.maximumSequences > 0 && configuration.maximumBatchedTokens > 0
                && configuration.maximumScoredRows > 0 && configuration.streamCapacity > 0,
            "an engine with these limits could never take a step")
        self.model = model
        self.configuration = configuration
        self.clock = clock
        status = EngineStatus(blockCount: model.blockCount, blockLength: model.blockLength)
        admission = Admission(limits: configuration)
        scheduler = Scheduler(
            limits: SchedulerLimits(
                maximumBatchedTokens: configuration.maximumBatchedTokens,
                maximumSequences: configuration.maximumSequences,
                maximumScoredRows: configuration.maximumScoredRows),
            blockLength: model.blockLength, blockCount: model.blockCount, hasCache: model.needsCache,
            longTextLimit: model.longTextLimit)
        buffers = SamplingBuffers(
            processed: .allocate(capacity: model.vocabularySize), weights: .allocate(capacity: model.vocabularySize))
        lastEndAt = clock.now()
    }

    deinit {
        buffers.processed.deallocate()
        buffers.weights.deallocate()
    }

    var contextLength: Int { model.contextLength }
    var vocabularySize: Int { model.vocabularySize }

    func run() {
        while !mustExit { turn(patience) }
    }

    /// One round. Every test of time is made between steps, so nothing is later than one step.
    func turn(_ patience: Mailbox<EngineCommand>.Patience) {
        for command in mailbox.receive(patience) { obey(command) }
        endOverdue()
        let plan = scheduler.plan()
        status.publish(scheduler)
        if plan.isEmpty { return }
        begin(plan)
        let start = clock.now()
        do {
            for copy in plan.copies { model.copyBlock(from: copy.source, to: copy.destination) }
            let output = try model.step(plan.segments.map(\.segment) + plan.texts.map(\.segment))
            scheduler.releaseTexts()
            process(plan, output)
            // What a step takes that fails says nothing about those that do not.
            scheduler.cost.observe(
                rows: plan.decodeRows, promptTokens: plan.promptTokens,
                seconds: Double((clock.now() - start - model.lastTurn.wait).nanoseconds) * 1e-9)
            noticeOthers()
        } catch {
            scheduler.releaseTexts()
            for sequence in plan.segments.map(\.sequence) + plan.texts.map(\.sequence) {
                finish(sequence, .failed(String(describing: error)))
            }
        }
        let duration = clock.now() - start
        status.countStep(tokens: plan.tokenCount, duration: duration)
        status.publish(scheduler)
    }

    /// Other models' streams come and go by the step; between two of their tokens they are still there.
    private func noticeOthers() {
        let turn = model.lastTurn, now = clock.now()
        if turn.othersWait || turn.wait > Self.noticeableWait { othersSeenAt = now }
        scheduler.sharesThreads = othersSeenAt.map { now - $0 < Self.othersMemory } ?? false
    }

    /// Longer than it takes to get hold of threads that nobody uses.
    private static let noticeableWait = Duration.microseconds(200)
    private static let othersMemory = Duration.milliseconds(250)

    /// How long to sleep when no command comes.
    var patience: Mailbox<EngineCommand>.Patience {
        if scheduler.hasRunnableWork { return .none }
        // Nobody but paused sequences is left, and each has its hour.
        if sequences.isEmpty { return .forever }
        return appointments.first.map { .until($0) } ?? .forever
    }

    // MARK: Commands

    private func obey(_ command: EngineCommand) {
        switch command {
        case .submit(let transfers): take(transfers)
        case .abort(let id):
            if let sequence = sequences[id] { finish(sequence, .aborted) }
        case .resume(let id):
            if let sequence = sequences[id] { scheduler.resume(sequence) }
        case .abortAll(let reason, let isFinal):
            for sequence in inOrder { finish(sequence, reason) }
            if isFinal { endOfAll = reason }
        case .forget(let tenant):
            scheduler.pool.forget(tenant)
            if sequences.values.contains(where: { $0.tenant == tenant }) { leavingTenants.insert(tenant) }
        case .exit:
            for sequence in inOrder { finish(sequence, .aborted) }
            mustExit = true
        }
    }

    /// All sequences, the newest first, so that none that waits takes a place for nothing.
    private var inOrder: [Sequence] { sequences.values.sorted { $0.id > $1.id } }

    private func take(_ transfers: [SequenceTransfer]) {
        if sequences.isEmpty { lastEndAt = clock.now() }
        for transfer in transfers {
            sequences[transfer.sequence.id] = transfer.sequence
            if let deadline = transfer.sequence.deadline { appointments.add(deadline, transfer.sequence.id) }
            appointments.add(transfer.sequence.submittedAt + configuration.queueTimeout, transfer.sequence.id)
            if let leader = transfer.leader {
                scheduler.add(transfer.sequence, following: transfers[leader].sequence)
            } else {
                scheduler.add(transfer.sequence)
            }
        }
        if let endOfAll {
            for transfer in transfers.reversed() { finish(transfer.sequence, endOfAll) }
        }
        // `Admission` lets a tenant in that has less than its share; the one with most makes room.
        while sequences.count > configuration.maximumLiveSequences,
            let displaced = scheduler.displaced(yieldingTo: transfers[0].sequence.tenant)
        {
            finish(displaced, .displaced)
        }
    }

    // MARK: Time

    private func endOverdue() {
        let now = clock.now()
        while let id = appointments.popFirst(until: now) {
            guard let sequence = sequences[id] else { continue }
            if let deadline = sequence.deadline, deadline <= now {
                finish(sequence, .timedOut)
            } else if let hour = endOfPatience(with: sequence), hour <= now {
                finish(sequence, sequence.isPaused ? .slowReader : .queuedTooLong)
            }
        }
        if appointments.count > 4 * sequences.count + 1024 {
            appointments.removeAll { sequences[$0] == nil }
        }
    }

    /// The reader of a sequence is behind.
    func pause(_ sequence: Sequence) {
        let now = clock.now()
        scheduler.pause(sequence, at: now)
        appointments.add(now + configuration.readerTimeout, sequence.id)
    }

    /// When a sequence will be given up for waiting, for its reader or for its first step; nil if it does neither.
    private func endOfPatience(with sequence: Sequence) -> ContinuousClock.Instant? {
        if let pausedAt = sequence.pausedAt { return pausedAt + configuration.readerTimeout }
        return sequence.startedAt == nil ? sequence.submittedAt + configuration.queueTimeout : nil
    }

    private func begin(_ plan: StepPlan) {
        for item in plan.segments where item.sequence.startedAt == nil {
            leaveQueue(item.sequence)
            for sequence in [item.sequence] + item.sequence.followers { sequence.startedAt = clock.now() }
        }
        for text in plan.texts {
            if text.sequence.startedAt == nil { text.sequence.startedAt = clock.now() }
            leaveQueue(text.sequence, tokens: text.tokenCount)
        }
    }

    /// Texts of a pooling request wait until the step that computes them.
    private func leaveQueue(_ sequence: Sequence, tokens: Int) {
        let count = min(tokens, sequence.waitingTokens)
        sequence.waitingTokens -= count
        if count > 0 { admission.promptLeftQueue(of: sequence.tenant, tokens: count) }
    }

    private func leaveQueue(_ sequence: Sequence) { leaveQueue(sequence, tokens: sequence.waitingTokens) }

    // MARK: Finish

    /// A tenant who leaves is forgotten with the last of its sequences, which may have left blocks in the cache.
    private func forgetIfGone(_ tenant: Tenant) {
        guard leavingTenants.contains(tenant), !sequences.values.contains(where: { $0.tenant == tenant })
        else { return }
        leavingTenants.remove(tenant)
        scheduler.pool.forget(tenant)
    }

    /// Ends a sequence: its blocks are free before its consumer hears of it.
    func finish(_ sequence: Sequence, _ reason: SequenceEnd, endsWithStopString: Bool = false) {
        guard sequences.removeValue(forKey: sequence.id) != nil else { return }
        scheduler.remove(sequence)
        leaveQueue(sequence)
        admission.sequenceEnded(of: sequence.tenant)
        let now = clock.now()
        if sequence.startedAt == nil {
            status.countEnd()
        } else {
            status.countEnd(after: now - lastEndAt)
            lastEndAt = now
        }
        forgetIfGone(sequence.tenant)
        status.publish(scheduler)
        let summary = GenerationSummary(
            finishReason: reason, promptTokenCount: sequence.job?.tokenCount ?? sequence.promptCount,
            cachedTokenCount: sequence.cachedPromptCount,
            completionTokenCount: sequence.generatedCount, submittedAt: sequence.submittedAt,
            startedAt: sequence.startedAt, firstTokenAt: sequence.firstTokenAt, finishedAt: now,
            retryAfter: status.retryAfter)
        switch sequence.work {
        case .completion(let completion): completion.output.finish(summary, endsWithStopString: endsWithStopString)
        case .texts(let job): job.finish(summary)
        }
    }
}
