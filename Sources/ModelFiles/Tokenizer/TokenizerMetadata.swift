/// The tokenizer that a GGUF file carries in its `tokenizer.*` keys, with ids and counts checked.
///
/// This is the file's content and nothing more: which algorithm `model` and `pre` stand for, and what a missing flag
/// means for it, is the tokenizer's business. So flags that the file leaves out are nil here.
public struct TokenizerMetadata: Sendable {
    /// The kind of a token, as the file labels it.
    public enum TokenKind: Int, Sendable {
        case normal = 1
        case unknown = 2
        /// Steers the model and is never part of the text, such as an end-of-turn mark.
        case control = 3
        /// Added by the model's author; matched whole in the text.
        case userDefined = 4
        case unused = 5
        /// Stands for one byte, for text that no other token covers.
        case byte = 6
    }

    /// The algorithm's family: `gpt2`, `llama`, `bert`, `t5`, ...
    public let model: String
    /// The name of the pre-tokenizer's splitting rule, such as `smollm` or `llama-bpe`.
    public let pre: String?
    /// Token texts; the index is the id. Never empty.
    public let tokens: [String]
    /// One kind per token, or nil when the file doesn't label them.
    public let kinds: [TokenKind]?
    /// One score per token, for the models that choose pieces by score.
    public let scores: [Float]?
    /// Byte-pair merges in order of rank, each two token texts with one space between.
    public let merges: [String]?
    /// A compiled SentencePiece normalisation table.
    public let precompiledCharacterMap: [UInt8]?
    public let special: SpecialTokens
    public let addsBOS: Bool?
    public let addsEOS: Bool?
    public let addsSeparator: Bool?
    public let addsSpacePrefix: Bool?
    public let removesExtraWhitespace: Bool?
    /// Number of segment types of a BERT-style model.
    public let segmentTypeCount: Int?
    /// The whole `tokenizer.json` that the other keys were made from, in files that hold it.
    public let tokenizerFile: String?
    /// The Jinja source that turns messages into a prompt.
    public let chatTemplate: String?
    /// Further templates by name (`tokenizer.chat_template.NAME`), such as one for tool use.
    public let namedChatTemplates: [String: String]

    /// Ids with a meaning of their own; each is a valid index into ``TokenizerMetadata/tokens``.
    public struct SpecialTokens: Sendable, Equatable {
        public var bos: Int?
        public var eos: Int?
        /// End of turn, where the model has one apart from the end of text.
        public var eot: Int?
        /// End of message: the model waits for a tool's result.
        public var eom: Int?
        public var unknown: Int?
        public var separator: Int?
        public var padding: Int?
        public var classification: Int?
        public var mask: Int?
        /// What stands before the text ahead of a gap, before the text behind it, and before what fills it.
        public var infillPrefix: Int?
        public var infillSuffix: Int?
        public var infillMiddle: Int?
    }
}
