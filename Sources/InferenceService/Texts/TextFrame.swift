import Tokenization

/// The special tokens that a model expects around a text.
///
/// Known from what the tokeniser does to texts, so that a text can be cut without cutting them off.
struct TextFrame: Sendable {
    let prefix: [TokenID]
    let suffix: [TokenID]

    init(_ tokenizer: Tokenizer) {
        let empty = tokenizer.encode("", addSpecial: true, parseSpecial: false)
        let letter = tokenizer.encode("a", addSpecial: true, parseSpecial: false)
        // What stands before a text is the same whether there is one or not.
        let count = zip(empty, letter).prefix { $0 == $1 }.count
        (prefix, suffix) = (Array(empty.prefix(count)), Array(empty.dropFirst(count)))
    }

    /// Tokens that a text gets beside its own.
    var count: Int { prefix.count + suffix.count }

    func around(_ tokens: some Sequence<TokenID>) -> [TokenID] { prefix + tokens + suffix }
}
