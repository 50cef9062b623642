public import Tokenization

/// One completion to generate. A request for several choices becomes several of these.
public struct GenerationRequest: Sendable {
    public var prompt: [TokenID]
    public var sampling: SamplingParameters
    public var stop: StopConditions
    /// How many alternatives to report beside each token's log-probability; nil reports no log-probabilities.
    public var logprobs: Int?
    /// Whether the prompt's own tokens get log-probabilities as well.
    public var scoresPrompt: Bool
    /// Whether special tokens appear in the text.
    public var showsSpecialTokens: Bool
    /// When to give up, wherever the request then is; nil never does.
    public var deadline: ContinuousClock.Instant?

    public init(
        prompt: [TokenID], sampling: SamplingParameters = SamplingParameters(), stop: StopConditions = StopConditions(),
        logprobs: Int? = nil, scoresPrompt: Bool = false, showsSpecialTokens: Bool = false,
        deadline: ContinuousClock.Instant? = nil
    ) {
        self.prompt = prompt
        self.sampling = sampling
        self.stop = stop
        self.logprobs = logprobs
        self.scoresPrompt = scoresPrompt
        self.showsSpecialTokens = showsSpecialTokens
        self.deadline = deadline
    }
}

/// Why the engine does not take a request.
public enum AdmissionError: Error, Equatable {
    case emptyPrompt
    /// A token is not of the vocabulary.
    case invalidToken(Int32)
    /// Prompt and completion must fit: `prompt + minimum completion <= limit`.
    case contextExceeded(promptTokens: Int, limit: Int)
    /// Too many requests, or prompt tokens, wait already.
    case overloaded
    /// The engine is being stopped.
    case stopping
}

extension AdmissionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .emptyPrompt: "the prompt has no tokens"
        case .invalidToken(let token): "\(token) is no token of this model"
        case .contextExceeded(let promptTokens, let limit):
            "the prompt has \(promptTokens) tokens and the context \(limit), of which one at least is for the reply"
        case .overloaded: "too many requests wait already"
        case .stopping: "the engine is being stopped"
        }
    }
}
