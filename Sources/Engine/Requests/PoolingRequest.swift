public import Tokenization
public import Transformer

/// Texts of which a model computes something without generating any: vectors, classes, what stands in their gaps.
///
/// Each text is computed whole, in one step, and steps hold as many texts as they have room for. All texts of a request
/// are one place in the engine's line, however many they are.
public struct PoolingRequest: Sendable {
    /// A text, or two that are judged together, with all the special tokens that the model asks for.
    public struct Text: Hashable, Sendable {
        public var tokens: [TokenID]
        /// Which part of a pair each token belongs to, 0 or 1; empty stands for all 0.
        public var tokenTypes: [Int32]

        public init(tokens: [TokenID], tokenTypes: [Int32] = []) {
            self.tokens = tokens
            self.tokenTypes = tokenTypes
        }
    }

    public enum Output: Sendable {
        /// One vector a text, as the model computes it: not normalised.
        case vector(Pooling)
        /// What the model's classifier gives, before any softmax.
        case classes
        /// The most probable tokens in each place that holds `mask`.
        ///
        /// - candidates: how many.
        /// - targets: the only tokens to consider; nil considers all.
        case masks(TokenID, candidates: Int, targets: [TokenID]?)
    }

    public var texts: [Text]
    public var output: Output
    /// When to give up, wherever the request then is; nil never does.
    public var deadline: ContinuousClock.Instant?
    /// Whose request it is.
    public var tenant = Tenant.anonymous
    public var lane = Lane.interactive

    public init(texts: [Text], output: Output, deadline: ContinuousClock.Instant? = nil) {
        self.texts = texts
        self.output = output
        self.deadline = deadline
    }
}

/// What was computed of one text.
public enum PoolingResult: Sendable, Equatable {
    public typealias Candidate = TokenLogprob

    case vector([Float])
    case classes([Float])
    /// For each mask, in the order of the text: tokens with the logarithms of their probabilities among all tokens, most
    /// probable first.
    case masks([[Candidate]])
}

/// What became of a pooling request, told once.
public struct PoolingReply: Sendable {
    /// In the order of the texts; all of them if the request ended with `stop`.
    public var results: [PoolingResult]
    public var summary: GenerationSummary
}
