import Foundation
import Tokenization
import Transformer

/// How well a model predicts a text: windows of a fixed length, of which the second half is scored.
///
/// The first half of each window is context only, so that no token is judged with almost nothing before it.
struct Perplexity {
    struct Result {
        var windows = 0
        var scoredTokens = 0
        /// Sum of the negative natural logarithms of the tokens' probabilities.
        var negativeLogLikelihood = 0.0

        var perplexity: Double { exp(negativeLogLikelihood / Double(max(1, scoredTokens))) }
    }

    let window: Int
    /// Put at the start of each window when the model's texts begin with it.
    let startToken: TokenID?

    func run(_ tokens: [TokenID], _ model: any StepModel, progress: (String) -> Void) throws -> Result {
        var result = Result()
        let count = tokens.count / window
        for index in 0..<count {
            var text = Array(tokens[(index * window)..<((index + 1) * window)])
            if let startToken { text[0] = startToken }
            try score(text.map(\.rawValue), model, &result)
            progress("window \(index + 1) of \(count): perplexity \(String(format: "%.3f", result.perplexity))")
        }
        return result
    }

    /// Rows `window/2 ..< window - 1` predict the tokens after them.
    private func score(_ text: [Int32], _ model: any StepModel, _ result: inout Result) throws {
        var sequence = SoloSequence(index: 0, length: window, model: model)
        let first = window / 2
        if first > 0 { _ = try model.step([sequence.segment(Array(text[..<first]), outputs: .none)]) }
        var position = first
        while position < window - 1 {
            let chunk = Array(text[position..<min(position + 64, window - 1)])
            let logits = try model.step([sequence.segment(chunk, outputs: .all)]).logits
            for row in chunk.indices {
                let start = row * model.vocabularySize
                let values = UnsafeBufferPointer(rebasing: logits[start..<(start + model.vocabularySize)])
                result.negativeLogLikelihood -= Self.logProbability(values, of: Int(text[position + row + 1]))
                result.scoredTokens += 1
            }
            position += chunk.count
        }
        result.windows += 1
    }

    private static func logProbability(_ logits: UnsafeBufferPointer<Float>, of token: Int) -> Double {
        let largest = Double(logits.max() ?? 0)
        let sum = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
        return Double(logits[token]) - largest - log(sum)
    }
}
