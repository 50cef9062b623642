import Tokenization
import Transformer

/// From a step's rows to tokens and text, vectors and classes.
extension EngineLoop {
    func process(_ plan: StepPlan, _ output: StepOutput) {
        var rows = StepRows(output, of: model)
        for item in plan.segments {
            let sequence = item.sequence
            let reachesEnd = item.reachesEnd
            var lastRow: UnsafeBufferPointer<Float>?
            if sequence.needsPromptRows {
                lastRow = scorePrompt(of: sequence, rowCount: item.tokenCount, &rows.logits)
            } else if reachesEnd {
                lastRow = rows.logits.next()
            }
            scheduler.complete(item)
            guard reachesEnd, let lastRow else { continue }
            // Forked before the sequence can end with its first token and let go of the blocks.
            let forks = scheduler.forkFollowers(of: sequence)
            goOn(sequence, from: lastRow)
            for fork in forks { goOn(fork, from: lastRow) }
        }
        for text in plan.texts { process(text, &rows) }
    }

    private func process(_ text: ScheduledText, _ rows: inout StepRows) {
        let result = text.job.result(of: text.index, &rows)
        // It may have failed with an earlier text.
        guard text.sequence.phase == .running else { return }
        guard let result else { return finish(text.sequence, .failed("the model's results are not numbers")) }
        text.job.add(result)
        if text.job.isComplete { finish(text.sequence, .stop) }
    }

    /// All tokens of a sequence are computed, and `row` predicts the next one.
    private func goOn(_ sequence: Sequence, from row: UnsafeBufferPointer<Float>) {
        if !VectorMath.maximum(row).isFinite {
            // Damaged weights, most likely. Whatever is drawn from such a row is noise that looks like an answer.
            return finish(sequence, .failed("the model's logits are not numbers"))
        }
        let completion = sequence.completion
        if completion.request.scoresPrompt, sequence.generatedCount == 0 { completion.output.sendScoredPrompt() }
        if sequence.maximumCompletion == 0 { return finish(sequence, .length) }
        generate(sequence, from: row)
    }

    /// Takes one row a computed position: row `i` predicts the token at position `i + 1`.
    private func scorePrompt(
        of sequence: Sequence, rowCount: Int, _ rows: inout RowCursor
    ) -> UnsafeBufferPointer<Float> {
        let completion = sequence.completion
        var row = rows.next()
        for offset in 0..<rowCount {
            if offset > 0 { row = rows.next() }
            let position = sequence.computedCount + offset
            if completion.output.scoredPromptCount == 0 {
                completion.output.scorePrompt(completion.request.prompt[0], row: nil)
            }
            // After a preemption, positions that were scored before come by once more.
            if position + 1 == completion.output.scoredPromptCount, position + 1 < sequence.promptCount {
                completion.output.scorePrompt(completion.request.prompt[position + 1], row: LogprobRow(row))
            }
        }
        return row
    }

    private func generate(_ sequence: Sequence, from row: UnsafeBufferPointer<Float>) {
        let completion = sequence.completion
        let (token, outcome) = completion.output.next(from: row, buffers: buffers)
        sequence.tokens.append(token.rawValue)
        if sequence.firstTokenAt == nil { sequence.firstTokenAt = clock.now() }
        switch outcome {
        case .isEndToken: finish(sequence, .stop)
        case .completesStopString: finish(sequence, .stop, endsWithStopString: true)
        case .goesOn:
            if sequence.generatedCount >= sequence.maximumCompletion {
                finish(sequence, .length)
            } else {
                if completion.output.isReaderBehind { pause(sequence) }
                scheduler.grew(sequence)
            }
        }
    }
}
