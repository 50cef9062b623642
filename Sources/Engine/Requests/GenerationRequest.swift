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
    /// Whose request it is.
    public var tenant = Tenant.anonymous
    /// Keeps what is computed for this prompt apart from the tenant's prompts with other salts.
    public var cacheSalt = ""
    public var lane = Lane.interactive

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
