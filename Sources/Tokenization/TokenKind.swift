/// What a vocabulary entry is for, numbered as in GGUF's `tokenizer.ggml.token_type`.
public enum TokenKind: Int32, Hashable, Sendable {
    /// Not said by the file; treated as `normal`.
    case undefined = 0
    /// A piece of text that merges can produce.
    case normal = 1
    /// Stands for text the vocabulary cannot express.
    case unknown = 2
    /// Structure, such as the end of a turn. Never produced from text that is not trusted.
    case control = 3
    /// Text added after training, recognised as a whole wherever it occurs.
    case userDefined = 4
    /// Reserved; it has a row in the embedding matrix and no use.
    case unused = 5
    /// One raw byte, written `<0x41>`.
    case byte = 6

    /// Whether the entry is structure instead of text: it decodes to nothing unless asked for.
    var isSpecial: Bool { self == .control || self == .unknown }

    /// Whether the file stores the entry's text as it is, not in the byte-level alphabet.
    var isVerbatim: Bool { isSpecial || self == .userDefined }
}
