import Tokenization
import Transformer

/// From a step's logits to tokens and text.
extension EngineLoop {
    func process(_ plan: StepPlan, _ logits: UnsafeBufferPointer<Float>) {
        var rows = LogitRows(logits: logits, width: model.vocabularySize)
        for item in plan.segments {
            let sequence = item.sequence
            let reachesEnd = item.reachesEnd
            var lastRow: UnsafeBufferPointer<Float>?
            if sequence.needsPromptRows {
                lastRow = scorePrompt(of: sequence, rowCount: item.tokenCount, &rows)
            } else if reachesEnd {
                lastRow = rows.next()
            }
            scheduler.complete(item)
            guard reachesEnd, let lastRow else { continue }
            // Forked before the sequence can end with its first token and let go of the blocks.
            let forks = scheduler.forkFollowers(of: sequence)
            goOn(sequence, from: lastRow)
            for fork in forks { goOn(fork, from: lastRow) }
        }
    }

    /// All tokens of a sequence are computed, and `row` predicts the next one.
    private func goOn(_ sequence: Sequence, from row: UnsafeBufferPointer<Float>) {
        if !VectorMath.maximum(row).isFinite {
            // Damaged weights, most likely. Whatever is drawn from such a row is noise that looks like an answer.
            return finish(sequence, .failed("the model's logits are not numbers"))
        }
        if sequence.request.scoresPrompt, sequence.generatedCount == 0 { sequence.output.sendScoredPrompt() }
        if sequence.maximumCompletion == 0 { return finish(sequence, .length) }
        generate(sequence, from: row)
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
        if sequence.firstTokenAt == nil { sequence.firstTokenAt = clock.now() }
        switch outcome {
        case .isEndToken: finish(sequence, .stop)
        case .completesStopString: finish(sequence, .stop, endsWithStopString: true)
        case .goesOn:
            if sequence.generatedCount >= sequence.maximumCompletion {
                finish(sequence, .length)
            } else if sequence.output.isReaderBehind {
                pause(sequence)
            }
        }
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
