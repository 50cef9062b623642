/// The tokeniser section of a model file as plain values, strings in the form the file stores them.
///
/// It is a value so that this target needs no file format: whoever reads a file fills it in. Nothing is checked
/// here; `Tokenizer.init` checks everything.
public struct Vocabulary: Sendable {
    /// The algorithm that turns text into tokens.
    public enum Scheme: Hashable, Sendable {
        /// Byte-pair merges over raw bytes written in GPT-2's printable alphabet; GGUF calls it `gpt2`.
        case byteLevelBPE
    }

    /// Tokens with a role. Absent where the file names none.
    public struct SpecialTokens: Hashable, Sendable {
        /// Begins a text.
        public var bos: TokenID?
        /// Ends a text.
        public var eos: TokenID?
        /// Ends a turn of a conversation.
        public var eot: TokenID?
        /// Ends a message while the turn goes on.
        public var eom: TokenID?
        public var unknown: TokenID?
        public var padding: TokenID?
        /// Before the text that comes before a gap, before the text after it, and before what fills it.
        public var infillPrefix: TokenID?
        public var infillSuffix: TokenID?
        public var infillMiddle: TokenID?

        public init(
            bos: TokenID? = nil, eos: TokenID? = nil, eot: TokenID? = nil, eom: TokenID? = nil,
            unknown: TokenID? = nil, padding: TokenID? = nil, infillPrefix: TokenID? = nil,
            infillSuffix: TokenID? = nil, infillMiddle: TokenID? = nil
        ) {
            self.bos = bos
            self.eos = eos
            self.eot = eot
            self.eom = eom
            self.unknown = unknown
            self.padding = padding
            self.infillPrefix = infillPrefix
            self.infillSuffix = infillSuffix
            self.infillMiddle = infillMiddle
        }
    }

    public var scheme: Scheme

    /// The name of the splitting rule, as in `tokenizer.ggml.pre`.
    public var preTokenizer: String

    /// Each token's text, the index being its id.
    public var tokens: [String]

    /// One `TokenKind` raw value for each token, or none at all if every token is normal.
    public var kinds: [Int32]

    /// `left right` pairs, most important first.
    public var merges: [String]

    public var special: SpecialTokens

    /// Whether a text begins with `bos`; `nil` leaves it to what the splitting rule's models do.
    public var addsBOS: Bool?

    /// Whether a text ends with `eos`; `nil` means no.
    public var addsEOS: Bool?

    public init(
        scheme: Scheme, preTokenizer: String, tokens: [String], kinds: [Int32] = [], merges: [String] = [],
        special: SpecialTokens = SpecialTokens(), addsBOS: Bool? = nil, addsEOS: Bool? = nil
    ) {
        self.scheme = scheme
        self.preTokenizer = preTokenizer
        self.tokens = tokens
        self.kinds = kinds
        self.merges = merges
        self.special = special
        self.addsBOS = addsBOS
        self.addsEOS = addsEOS
    }
}
