import DequeModule
import Tokenization
import Transformer

/// The engine thread's whole life: receive commands, schedule, forward, process results.
// SAFETY: made by `Engine.init`, which hands it to the engine thread and keeps no reference.
final class EngineLoop: @unchecked Sendable {
    private let model: any StepModel
    private let mailbox: Mailbox<EngineCommand>
    private let status: EngineStatus
    private var scheduler: Scheduler
    private var sequences: [SequenceID: Sequence] = [:]
    private let buffers: SamplingBuffers
    private var mustExit = false

    init(
        model: any StepModel, configuration: EngineConfiguration, mailbox: Mailbox<EngineCommand>, status: EngineStatus
    ) {
        self.model = model
        self.mailbox = mailbox
        self.status = status
        scheduler = Scheduler(
            limits: SchedulerLimits(
                maximumBatchedTokens: configuration.maximumBatchedTokens,
                maximumSequences: configuration.maximumSequences,
                maximumScoredRows: configuration.maximumScoredRows),
            blockLength: model.blockLength, blockCount: model.blockCount)
        buffers = SamplingBuffers(
            processed: .allocate(capacity: model.vocabularySize), weights: .allocate(capacity: model.vocabularySize))
    }

    deinit {
        buffers.processed.deallocate()
        buffers.weights.deallocate()
    }

    func run() {
        while !mustExit {
            receiveCommands()
            endOverdue()
            let plan = scheduler.plan()
            status.publish(scheduler)
            if plan.isEmpty { continue }
            begin(plan)
            do {
                let logits = try model.step(plan.map(\.segment))
                process(plan, logits)
            } catch {
                fail(plan, error)
            }
            status.countStep()
            status.publish(scheduler)
        }
    }

    // MARK: Receive

    private func receiveCommands() {
        for command in mailbox.receive(waiting: !scheduler.hasWork) {
            switch command {
            case .submit(let transfer):
                sequences[transfer.sequence.id] = transfer.sequence
                scheduler.add(transfer.sequence)
            case .abort(let id):
                if let sequence = sequences[id] { finish(sequence, .aborted) }
            case .abortAll(let reason):
                for sequence in sequences.values { finish(sequence, reason) }
            case .exit:
                for sequence in sequences.values { finish(sequence, .aborted) }
                mustExit = true
            }
        }
    }

    private func endOverdue() {
        let now = ContinuousClock.now
        for sequence in sequences.values {
            if let deadline = sequence.request.deadline, deadline <= now { finish(sequence, .timedOut) }
        }
    }

    private func begin(_ plan: [ScheduledSegment]) {
        for item in plan where item.sequence.startedAt == nil {
            item.sequence.startedAt = .now
            status.leaveQueue(promptTokens: item.sequence.promptCount)
        }
    }

    // MARK: Process

    private func process(_ plan: [ScheduledSegment], _ logits: UnsafeBufferPointer<Float>) {
        var rows = LogitRows(logits: logits, width: model.vocabularySize)
        for item in plan {
            let sequence = item.sequence
            let reachesEnd = item.reachesEnd
            var lastRow: UnsafeBufferPointer<Float>?
            if sequence.needsPromptRows {
                lastRow = scorePrompt(of: sequence, rowCount: item.tokenCount, &rows)
            } else if reachesEnd {
                lastRow = rows.next()
            }
            sequence.computedCount += item.tokenCount
            guard reachesEnd, let lastRow else { continue }
            if !VectorMath.maximum(lastRow).isFinite {
                // Damaged weights, most likely. Whatever is drawn from such a row is noise that looks like an answer.
                finish(sequence, .failed("the model's logits are not numbers"))
            } else if sequence.request.scoresPrompt, sequence.generatedCount == 0, !sequence.output.sendScoredPrompt() {
                finish(sequence, .slowReader)
            } else if sequence.maximumCompletion == 0 {
                finish(sequence, .length)
            } else {
                generate(sequence, from: lastRow)
            }
        }
    }

    /// Takes one row a computed position: row `i` predicts the token at position `i + 1`.
    private func scorePrompt(
        of sequence: Sequence, rowCount: Int, _ rows: inout LogitRows
    ) -> UnsafeBufferPointer<Float> {
        var row = rows.next()
        for offset in 0..<rowCount {
            if offset > 0 { row = rows.next() }
            let position = sequence.computedCount + offset
            if sequence.output.scoredPromptCount == 0 {
                sequence.output.scorePrompt(sequence.request.prompt[0], row: nil)
            }
            // After a preemption, positions that were scored before come by once more.
            if position + 1 == sequence.output.scoredPromptCount, position + 1 < sequence.promptCount {
                sequence.output.scorePrompt(sequence.request.prompt[position + 1], row: LogprobRow(row))
            }
        }
        return row
    }

    private func generate(_ sequence: Sequence, from row: UnsafeBufferPointer<Float>) {
        let (token, outcome) = sequence.output.next(from: row, buffers: buffers)
        sequence.tokens.append(token.rawValue)
        if sequence.firstTokenAt == nil { sequence.firstTokenAt = .now }
        switch outcome {
        case .isEndToken: finish(sequence, .stop)
        case .completesStopString: finish(sequence, .stop, endsWithStopString: true)
        case .readerIsSlow: finish(sequence, .slowReader)
        case .goesOn:
            if sequence.generatedCount >= sequence.maximumCompletion { finish(sequence, .length) }
        }
    }

    // MARK: Finish

    private func fail(_ plan: [ScheduledSegment], _ error: any Error) {
        for item in plan { finish(item.sequence, .failed(String(describing: error))) }
    }

    /// Ends a sequence: its blocks are free before its consumer hears of it.
    private func finish(_ sequence: Sequence, _ reason: SequenceEnd, endsWithStopString: Bool = false) {
        guard sequences.removeValue(forKey: sequence.id) != nil else { return }
        scheduler.remove(sequence)
        if sequence.startedAt == nil { status.leaveQueue(promptTokens: sequence.promptCount) }
        status.publish(scheduler)
        let summary = GenerationSummary(
            finishReason: reason, promptTokenCount: sequence.promptCount, cachedTokenCount: 0,
            completionTokenCount: sequence.generatedCount, submittedAt: sequence.submittedAt,
            startedAt: sequence.startedAt, firstTokenAt: sequence.firstTokenAt, finishedAt: .now)
        sequence.output.finish(summary, endsWithStopString: endsWithStopString)
    }
}

/// Walks over the rows of one step's logits.
private struct LogitRows {
    let logits: UnsafeBufferPointer<Float>
    let width: Int
    private var position = 0

    init(logits: UnsafeBufferPointer<Float>, width: Int) {
        self.logits = logits
        self.width = width
    }

    mutating func next() -> UnsafeBufferPointer<Float> {
        defer { position += width }
        return UnsafeBufferPointer(rebasing: logits[position..<(position + width)])
    }
}
