import Engine
import OpenAIAPI
import Tokenization

/// A choice that is complete.
struct GeneratedChoice: Sendable {
    var index: Int
    var text = ""
    /// The prompt's tokens, if they were scored.
    var promptTokens: [ScoredToken] = []
    /// The completion's tokens, if log-probabilities were asked for.
    var tokens: [ScoredToken] = []
    /// The token that ended the completion, if one did.
    var endToken: ScoredToken?
    var finishReason = FinishReason.stop
    var usage = Usage()

    /// What best-of ranks by: log-probability per token.
    var meanLogprob: Float {
        guard !tokens.isEmpty else { return -.infinity }
        return tokens.reduce(0) { $0 + ($1.logprob ?? 0) } / Float(tokens.count)
    }

    /// Reads a choice to its end.
    init(index: Int, choicesPerPrompt: Int, reader: ChoiceReader, account: RequestAccount) async throws {
        self.index = index
        var meter = ChoiceMeter(account: account, index: index, choicesPerPrompt: choicesPerPrompt)
        var (text, promptTokens, tokens) = ("", [ScoredToken](), [ScoredToken]())
        let (reason, summary) = try await reader.forEach(&meter) { event, meter in
            switch event {
            case .promptScored(let scored): promptTokens = scored
            case .text(let piece, let count, let scored):
                meter.record(completionTokenCount: count)
                text += piece
                tokens += scored
            case .finished: break
            }
        }
        (self.text, self.promptTokens, self.tokens) = (text, promptTokens, tokens)
        (finishReason, endToken) = (reason, summary.endToken)
        usage = Usage(summary)
    }

    /// Reads all choices at once: a choice that waits for its turn would fill its buffer.
    ///
    /// - Parameter choicesPerPrompt: how many neighbours share a prompt.
    static func collect(
        _ readers: [ChoiceReader], choicesPerPrompt: Int, account: RequestAccount
    ) async throws -> [GeneratedChoice] {
        return try await withThrowingTaskGroup(of: GeneratedChoice.self) { group in
            for (index, reader) in readers.enumerated() {
                group.addTask {
                    try await GeneratedChoice(
                        index: index, choicesPerPrompt: choicesPerPrompt, reader: reader, account: account)
                }
            }
            var choices: [GeneratedChoice] = []
            for try await choice in group { choices.append(choice) }
            return choices.sorted { $0.index < $1.index }
        }
    }
}

extension Usage {
    init(_ summary: GenerationSummary) {
        self.init(
            promptTokens: summary.promptTokenCount, cachedTokens: summary.cachedTokenCount,
            completionTokens: summary.completionTokenCount)
    }
}

extension OpenAIAPI.TokenLogprob {
    init(_ token: ScoredToken, tokenizer: Tokenizer) {
        self.init(
            bytes: tokenizer.bytes(of: token.token, includingSpecial: true), logprob: token.logprob.map(Double.init),
            isControl: tokenizer.isControl(token.token),
            alternatives: token.alternatives.map {
                Candidate(
                    bytes: tokenizer.bytes(of: $0.token, includingSpecial: true), logprob: Double($0.logprob))
            })
    }
}

extension [ScoredToken] {
    func logprobs(_ tokenizer: Tokenizer) -> [OpenAIAPI.TokenLogprob] {
        map { OpenAIAPI.TokenLogprob($0, tokenizer: tokenizer) }
    }
}
