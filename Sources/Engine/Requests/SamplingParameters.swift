public import Tokenization

/// How the next token is drawn from the model's distribution. The defaults are OpenAI's: temperature 1, nothing else.
public struct SamplingParameters: Sendable {
    /// 0 takes the most probable token; otherwise logits are divided by it.
    public var temperature: Float = 1
    /// Keep only the most probable tokens; nil keeps all.
    public var topK: Int?
    /// Keep the smallest set of tokens that holds this much probability; 1 keeps all.
    public var topP: Float = 1
    /// Drop tokens less probable than this share of the most probable one; 0 drops none.
    public var minP: Float = 0
    /// Locally typical sampling (Meister et al. 2022): keep the tokens nearest to the expected surprise that hold this
    /// much probability; 1 keeps all.
    public var typicalP: Float = 1
    /// Divides (or multiplies, below zero) the logits of tokens already in prompt or completion (Keskar et al. 2019).
    public var repetitionPenalty: Float = 1
    /// Subtracted once from the logit of each token that the completion already has.
    public var presencePenalty: Float = 0
    /// Subtracted from a token's logit for each time the completion already has it.
    public var frequencyPenalty: Float = 0
    /// Added to the logits of these tokens.
    public var logitBias: [TokenID: Float] = [:]
    /// Start of the sequence's own random stream; nil draws one.
    public var seed: UInt64?

    public init() {}

    var isGreedy: Bool { temperature < 1e-5 }
}

/// When a completion ends.
public struct StopConditions: Sendable {
    /// Texts that end the completion and are not part of it.
    public var strings: [String] = []
    /// Tokens that end the completion besides the model's own end tokens.
    public var tokens: Set<TokenID> = []
    /// The most tokens to generate; nil goes on to the end of the context.
    public var maximumTokens: Int?
    /// Until this many tokens are there, end tokens are barred and stop strings are ordinary text.
    public var minimumTokens: Int = 0
    /// Whether the model's own end tokens count as ordinary tokens.
    public var ignoresEndTokens: Bool = false

    public init() {}
}
