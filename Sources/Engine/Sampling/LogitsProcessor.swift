import Tokenization

/// What a request does to logits before sampling: penalties for what the text already has, the bias, barred end tokens.
struct LogitsProcessor {
    private let parameters: SamplingParameters
    private let endTokens: [TokenID]
    private let minimumTokens: Int
    /// How often each token stands in the completion.
    private var completionCounts: [Int32: Int] = [:]
    /// Tokens of prompt and completion; kept for the repetition penalty only.
    private var seenTokens: Set<Int32> = []
    private var generatedCount = 0

    /// - Parameter endTokens: barred until the completion has its minimum length.
    init(parameters: SamplingParameters, stop: StopConditions, endTokens: Set<TokenID>, prompt: [TokenID]) {
        self.parameters = parameters
        self.endTokens = Array(endTokens)
        minimumTokens = stop.minimumTokens
        if parameters.repetitionPenalty != 1 { seenTokens = Set(prompt.map(\.rawValue)) }
    }

    private var countsTokens: Bool {
        parameters.repetitionPenalty != 1 || parameters.presencePenalty != 0 || parameters.frequencyPenalty != 0
    }

    /// Whether `apply` would change anything for the next token.
    var isIdentity: Bool {
        !countsTokens && parameters.logitBias.isEmpty && generatedCount >= minimumTokens
    }

    mutating func record(_ token: TokenID) {
        generatedCount += 1
        if countsTokens { completionCounts[token.rawValue, default: 0] += 1 }
        if parameters.repetitionPenalty != 1 { seenTokens.insert(token.rawValue) }
    }

    func apply(to logits: UnsafeMutableBufferPointer<Float>) {
        if parameters.repetitionPenalty != 1 {
            for token in seenTokens {
                let logit = logits[Int(token)]
                logits[Int(token)] =
                    logit > 0 ? logit / parameters.repetitionPenalty : logit * parameters.repetitionPenalty
            }
        }
        for (token, count) in completionCounts {
            logits[Int(token)] -= parameters.presencePenalty + parameters.frequencyPenalty * Float(count)
        }
        for (token, bias) in parameters.logitBias { logits[Int(token.rawValue)] += bias }
        if generatedCount < minimumTokens {
            for token in endTokens { logits[Int(token.rawValue)] = -.infinity }
        }
    }
}
