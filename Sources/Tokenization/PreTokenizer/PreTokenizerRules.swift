/// What one name of `tokenizer.ggml.pre` stands for.
struct PreTokenizerRules: Sendable {
    var stages: [PreTokenizer.Stage]

    /// Whether a whole piece that is in the vocabulary is that token, whatever the merges say.
    var ignoresMerges = false

    /// Whether texts begin with `bos` if the file does not say.
    var addsBOS = false

    /// Whether texts end with the separator if the file does not say.
    var addsSeparator = false

    /// Whether text is brought into Unicode normalisation form C first.
    var composes = false

    /// The rules by name. A family is a line here; names on one line cut alike.
    ///
    /// Only what the models' published tokenisers say stands here, not approximations of it.
    static func named(_ name: String) throws(TokenizerError) -> PreTokenizerRules {
        switch name {
        case "gpt-2", "phi-2", "jais", "exaone4", "trillion", "granite-docling":
            PreTokenizerRules(stages: [.words(.gpt2)])
        case "mpt", "olmo":
            PreTokenizerRules(stages: [.words(.gpt2)], composes: true)
        case "smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b":
            PreTokenizerRules(stages: [.run(.singleNumber), .words(.gpt2)])
        case "command-r":
            PreTokenizerRules(stages: [.run(.singleNumber), .words(.gpt2)], composes: true)
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2":
            PreTokenizerRules(stages: [.words(.llama3)], ignoresMerges: true, addsBOS: true)
        case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe":
            PreTokenizerRules(stages: [.words(.llama3)])
        case "qwen2", "megrez":
            PreTokenizerRules(stages: [.words(.qwen2)], composes: true)
        case "deepseek-r1-qwen", "stablelm2", "hunyuan":
            PreTokenizerRules(stages: [.words(.qwen2)])
        case "qwen35":
            PreTokenizerRules(stages: [.words(.qwen35)], composes: true)
        case "gpt-4o", "llama4":
            PreTokenizerRules(stages: [.words(.gpt4o)])
        case "tekken":
            PreTokenizerRules(stages: [.words(.tekken)], ignoresMerges: true, addsBOS: true)
        case "falcon":
            PreTokenizerRules(stages: [
                .run(.punctuation), .words(.gpt2), .byteRun(.byteAlphabetNumbers), .byteRun(.threeDigits),
            ])
        case "deepseek-coder":
            PreTokenizerRules(stages: [
                .run(.newline), .run(.spaceAndLetters), .run(.spaceAndPunctuation), .run(.deepSeekEastAsian),
                .run(.singleNumber),
            ])
        case "deepseek-llm":
            PreTokenizerRules(stages: [
                .run(.newline), .run(.deepSeekLetters), .run(.deepSeekPunctuation), .trailingWhitespace,
                .run(.deepSeekEastAsian), .run(.singleNumber),
            ])
        case "default":
            PreTokenizerRules(stages: [
                .run(.punctuationButGrave), .words(.gpt2), .run(.numbers), .run(.threeDigits),
            ])
        default:
            throw .unknownPreTokenizer(name)
        }
    }
}
