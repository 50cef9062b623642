import InferenceService
import Transformer

/// Prompt and decode speed of a model, as it runs inside the engine but without one.
struct SpeedMeasurement {
    var promptTokens: Int
    var generateTokens: Int
    /// Sequences that decode together.
    var batch: Int
    var repetitions: Int

    struct Result {
        /// Tokens per second of each repetition, all sequences together.
        var prefill: [Double] = []
        var decode: [Double] = []
    }

    /// Positions that one sequence needs.
    var sequenceLength: Int { promptTokens + generateTokens }

    func run(_ model: any StepModel, progress: (String) -> Void) throws -> Result {
        var result = Result()
        // One more at the start, which is not counted: it touches memory for the first time.
        for repetition in 0...repetitions {
            progress("repetition \(repetition) of \(repetitions)")
            var sequences = (0..<batch).map { SoloSequence(index: $0, length: sequenceLength, model: model) }
            let prefillSeconds = try prefill(&sequences, model)
            let decodeSeconds = try decode(&sequences, model)
            if repetition == 0 { continue }
            if promptTokens > 0 { result.prefill.append(Double(promptTokens * batch) / prefillSeconds) }
            if generateTokens > 0 { result.decode.append(Double(generateTokens * batch) / decodeSeconds) }
        }
        return result
    }

    private func prefill(_ sequences: inout [SoloSequence], _ model: any StepModel) throws -> Double {
        let start = ContinuousClock.now
        for index in sequences.indices {
            var remaining = promptTokens
            while remaining > 0 {
                let count = min(remaining, 512)
                remaining -= count
                let tokens = (0..<count).map { token($0 + remaining + index, model) }
                _ = try model.step([sequences[index].segment(tokens, outputs: remaining == 0 ? .last : .none)])
            }
        }
        return start.duration(to: .now).seconds
    }

    private func decode(_ sequences: inout [SoloSequence], _ model: any StepModel) throws -> Double {
        let start = ContinuousClock.now
        for step in 0..<generateTokens {
            let segments = sequences.indices.map { index in
                sequences[index].segment([token(step * 7 + index, model)], outputs: .last)
            }
            _ = try model.step(segments)
        }
        return start.duration(to: .now).seconds
    }

    /// Ordinary tokens spread over the vocabulary: speed does not depend on which.
    private func token(_ number: Int, _ model: any StepModel) -> Int32 {
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
