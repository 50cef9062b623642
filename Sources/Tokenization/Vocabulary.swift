/// The tokeniser section of a model file as plain values, strings in the form the file stores them.
///
/// It is a value so that this target needs no file format: whoever reads a file fills it in. Nothing is checked
/// here; `Tokenizer.init` checks everything.
public struct Vocabulary: Sendable {
    /// The algorithm that turns text into tokens.
    public enum Scheme: Hashable, Sendable, CaseIterable {
        /// Byte-pair merges over raw bytes written in GPT-2's printable alphabet; GGUF calls it `gpt2`.
        case byteLevelBPE
        /// Listed merges over characters, spaces being marks; GGUF calls it `gemma4`.
        case characterBPE
        /// Merges over characters, chosen by the score of what they make; GGUF calls it `llama`.
        case sentencePieceBPE
        /// The likeliest way to cut a text, by the pieces' log probabilities (Kudo 2018); GGUF calls it `t5`.
        case unigram
        /// The longest piece first, word by word; GGUF calls it `bert`.
        case wordPiece
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
        /// Begins a text of an encoder; its hidden state stands for the whole text.
        public var classification: TokenID?
        /// Ends each of the texts of an encoder.
        public var separator: TokenID?
        /// Stands for a token that the model is asked for.
        public var mask: TokenID?

        public init(
            bos: TokenID? = nil, eos: TokenID? = nil, eot: TokenID? = nil, eom: TokenID? = nil,
            unknown: TokenID? = nil, padding: TokenID? = nil, infillPrefix: TokenID? = nil,
            infillSuffix: TokenID? = nil, infillMiddle: TokenID? = nil, classification: TokenID? = nil,
            separator: TokenID? = nil, mask: TokenID? = nil
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
            self.classification = classification
            self.separator = separator
            self.mask = mask
        }
    }

    public var scheme: Scheme

    /// The name of the splitting rule, as in `tokenizer.ggml.pre`.
    public var preTokenizer: String

    /// Each token's text, the index being its id.
    public var tokens: [String]

    /// One `TokenKind` raw value for each token, or none at all if every token is normal.
    public var kinds: [Int32]

    /// `left right` pairs, most important first; of the byte-level scheme.
    public var merges: [String]

    /// One score for each token: the log probability of a piece, or minus its rank. Of the SentencePiece schemes.
    public var scores: [Float]

    public var special: SpecialTokens

    /// Whether a text begins with `bos`; `nil` leaves it to what the splitting rule's models do.
    public var addsBOS: Bool?

    /// Whether a text ends with `eos`; `nil` means no.
    public var addsEOS: Bool?

    /// Whether a text ends with `separator`; `nil` means: if it is WordPiece.
    public var addsSeparator: Bool?

    /// Whether a SentencePiece text is given a space in front; `nil` means yes.
    public var addsSpacePrefix: Bool?

    /// Whether spaces at the ends of a text vanish and several together become one; `nil` means no.
    public var removesExtraWhitespace: Bool?

    /// SentencePiece's compiled normalisation rules, empty for none.
    public var precompiledCharacterMap: [UInt8]

    public init(
        scheme: Scheme, preTokenizer: String, tokens: [String], kinds: [Int32] = [], merges: [String] = [],
        scores: [Float] = [], special: SpecialTokens = SpecialTokens(), addsBOS: Bool? = nil, addsEOS: Bool? = nil,
        addsSeparator: Bool? = nil, addsSpacePrefix: Bool? = nil, removesExtraWhitespace: Bool? = nil,
        precompiledCharacterMap: [UInt8] = []
    ) {
        self.scheme = scheme
        self.preTokenizer = preTokenizer
        self.tokens = tokens
        self.kinds = kinds
        self.merges = merges
        self.scores = scores
        self.special = special
        self.addsBOS = addsBOS
        self.addsEOS = addsEOS
        self.addsSeparator = addsSeparator
        self.addsSpacePrefix = addsSpacePrefix
        self.removesExtraWhitespace = removesExtraWhitespace
        self.precompiledCharacterMap = precompiledCharacterMap
    }
}
