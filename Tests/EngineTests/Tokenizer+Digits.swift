import Tokenization

extension Tokenizer {
    /// 97 tokens that spell themselves: `t0.`, `t1.`, ... None of them ends a text.
    static let digits: Tokenizer = {
        let vocabulary = Vocabulary(
            scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: (0..<97).map { "t\($0)." })
        // A vocabulary written here is valid.
        return try! Tokenizer(vocabulary)
    }()
}
