/// What one name of `tokenizer.ggml.pre` stands for.
struct PreTokenizerRules: Sendable {
    var stages: [PreTokenizer.Stage]

    /// Whether a whole piece that is in the vocabulary is that token, whatever the merges say.
    var ignoresMerges = false

    /// Whether texts begin with `bos` if the file does not say.
    var addsBOS = false

    /// Whether text is brought into Unicode normalisation form C first.
    var composes = false

    /// The rules by name. A family is a line here; names on one line cut alike.
    static func named(_ name: String) throws(TokenizerError) -> PreTokenizerRules {
        switch name {
        case "gpt-2":
            PreTokenizerRules(stages: [.words(.gpt2)])
        case "smollm":
            PreTokenizerRules(stages: [.run(.singleNumber), .words(.gpt2)])
        case "llama3", "llama-v3", "llama-bpe":
            PreTokenizerRules(stages: [.words(.llama3)], ignoresMerges: true, addsBOS: true)
        case "qwen2":
            PreTokenizerRules(stages: [.words(.qwen2)], composes: true)
        default:
            throw .unknownPreTokenizer(name)
        }
    }
}
