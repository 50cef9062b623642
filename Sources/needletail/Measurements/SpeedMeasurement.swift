import Transformer

/// Prompt and decode speed of a model, as it runs inside the engine but without one.
struct SpeedMeasurement {
    let model: any StepModel
    /// Seconds from some fixed moment.
    let now: () -> Double

    /// What a case took.
    struct Result: Equatable {
        let work: SpeedCase
        /// Seconds of each repetition, all sequences together; empty when the case does not measure it.
        var prefillSeconds: [Double] = []
        var decodeSeconds: [Double] = []

        /// Tokens per second of each repetition, all sequences together.
        var prefillRates: [Double] { prefillSeconds.map { Double(work.promptTokens * work.batch) / $0 } }
        var decodeRates: [Double] { decodeSeconds.map { Double(work.generateTokens * work.batch) / $0 } }
    }

    /// Chunks of prompts, as the engine cuts them.
    private static let chunkLength = 512
    /// Seconds from which a measurement is long: noise and first touches of memory hardly show in it.
    private static let long = 2.0

    func run(_ work: SpeedCase, progress: (String) -> Void) throws -> Result {
        var result = Result(work: work)
        var sequences = (0..<work.batch).map { SoloSequence(index: $0, length: work.sequenceLength, model: model) }
        let (count, mayStop) =
            switch work.repetition {
            case .exactly(let count): (count, false)
            case .ifShort(let count): (count, true)
            }
        var prefillEnds = false, decodeEnds = false
        for repetition in 0...count {
            progress("repetition \(repetition) of \(count)")
            if repetition == 0 || (work.measuresPrefill && !prefillEnds) {
                let seconds = try prefill(&sequences, work)
                prefillEnds = mayStop && seconds >= Self.long
                let isCounted = work.measuresPrefill && work.promptTokens > 0 && (repetition > 0 || prefillEnds)
                if isCounted { result.prefillSeconds.append(seconds) }
            }
            if work.generateTokens > 0, !decodeEnds {
                let seconds = try decode(&sequences, work)
                decodeEnds = mayStop && seconds >= Self.long
                if repetition > 0 || decodeEnds { result.decodeSeconds.append(seconds) }
            }
        }
        return result
    }

    private func prefill(_ sequences: inout [SoloSequence], _ work: SpeedCase) throws -> Double {
        let start = now()
        for index in sequences.indices {
            sequences[index].rewind(to: 0)
            var remaining = work.promptTokens
            while remaining > 0 {
                let count = min(remaining, Self.chunkLength)
                remaining -= count
                let tokens = (0..<count).map { token($0 + remaining + index) }
                _ = try model.step([sequences[index].segment(tokens, outputs: remaining == 0 ? .last : .none)])
            }
        }
        return now() - start
    }

    private func decode(_ sequences: inout [SoloSequence], _ work: SpeedCase) throws -> Double {
        for index in sequences.indices { sequences[index].rewind(to: work.promptTokens) }
        let start = now()
        for step in 0..<work.generateTokens {
            let segments = sequences.indices.map { index in
                sequences[index].segment([token(step * 7 + index)], outputs: .last)
            }
            _ = try model.step(segments)
        }
        return now() - start
    }

    /// Ordinary tokens spread over the vocabulary: speed does not depend on which.
    private func token(_ number: Int) -> Int32 {
        Int32((number &* 7919 &+ 104_729) % model.vocabularySize)
    }
}

extension [Double] {
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        let middle = count / 2
        return count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
