import Tokenization

extension Tokenizer {
    /// 97 tokens that spell themselves: `t0.`, `t1.`, ... None of them ends a text.
    static let digits: Tokenizer = {
        let vocabulary = Vocabulary(
            scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: (0..<97).map { "t\($0)." })
        // A vocabulary written here is valid.
        return try! Tokenizer(vocabulary)
    }()

    /// The same with a mark for a space before each, as SentencePiece has it; the last one begins texts.
    static let words: Tokenizer = {
        let vocabulary = Vocabulary(
            scheme: .sentencePieceBPE, preTokenizer: "default", tokens: (0..<96).map { "▁t\($0)." } + ["<s>"],
            kinds: [Int32](repeating: 1, count: 96) + [3], scores: [Float](repeating: 0, count: 97),
            special: .init(bos: 96))
        // A vocabulary written here is valid.
        return try! Tokenizer(vocabulary)
    }()
}
