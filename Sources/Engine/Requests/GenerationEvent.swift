public import Tokenization

/// A token with its log-probability under the model's own distribution (before temperature, penalties and bias).
public struct TokenLogprob: Sendable, Equatable {
    public var token: TokenID
    /// Natural logarithm.
    public var logprob: Float

    public init(token: TokenID, logprob: Float) {
        self.token = token
        self.logprob = logprob
    }
}

/// A position of the text: the token that stands there, and the most probable ones.
public struct ScoredToken: Sendable, Equatable {
    public var token: TokenID
    /// Nil for the very first token of a prompt, which nothing predicts.
    public var logprob: Float?
    /// Most probable first; as many as the request asked for.
    public var alternatives: [TokenLogprob]

    public init(token: TokenID, logprob: Float?, alternatives: [TokenLogprob]) {
        self.token = token
        self.logprob = logprob
        self.alternatives = alternatives
    }
}

public enum SequenceEnd: Sendable, Equatable {
    /// An end token, a stop token or a stop string.
    case stop
    /// The token limit, or the end of the context.
    case length
    /// The consumer went away or cancelled.
    case aborted
    /// The consumer was behind for too long.
    case slowReader
    /// It waited for a place for too long.
    case queuedTooLong
    /// It gave its place in the line to a tenant with fewer requests.
    case displaced
    /// The request's deadline passed.
    case timedOut
    /// The step failed; the text says why.
    case failed(String)
}

/// What became of a sequence, told once at its end.
public struct GenerationSummary: Sendable {
    public var finishReason: SequenceEnd
    public var promptTokenCount: Int
    /// Prompt tokens whose keys and values were found in the prefix cache.
    public var cachedTokenCount: Int
    /// Generated tokens, the end token included.
    public var completionTokenCount: Int
    public var submittedAt: ContinuousClock.Instant
    /// When its first step began; nil if it never ran.
    public var startedAt: ContinuousClock.Instant?
    public var firstTokenAt: ContinuousClock.Instant?
    public var finishedAt: ContinuousClock.Instant
    /// How long to wait before trying again, if it found no place.
    public var retryAfter: Duration
    /// The token that ended it, which is no part of its text; nil if something else did, or no log-probabilities were
    /// asked for.
    public var endToken: ScoredToken?
}

/// What a sequence tells its consumer: any number of the first two, then exactly one `finished`.
public enum GenerationEvent: Sendable {
    /// All of the prompt's tokens with their log-probabilities; only when asked for, and first.
    case promptScored([ScoredToken])
    /// More text, how many tokens are generated so far, and the tokens behind this text when log-probabilities were
    /// asked for.
    case text(String, completionTokenCount: Int, tokens: [ScoredToken])
    case finished(GenerationSummary)
}
