/// What one name of `tokenizer.ggml.pre` stands for.
struct PreTokenizerRules: Sendable {
    var stages: [PreTokenizer.Stage] = []

    /// Steps instead of stages, for rules that have no scanner of their own.
    var steps: [PreTokenizationStep] = []

    var preTokenization: PreTokenization {
        steps.isEmpty ? .scan(PreTokenizer(stages: stages)) : .steps(steps)
    }

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
        case "gpt-2", "phi-2", "jais", "exaone4", "trillion", "granite-docling", "gigachat", "gpt-neox", "mellum",
            "modern-bert":
            PreTokenizerRules(stages: [.words(.gpt2)])
        case "jina-v1-en", "jina-v2-code", "roberta-bpe", "jina-v2-es", "jina-v2-de", "jina-es", "jina-de":
            PreTokenizerRules(stages: [.words(.gpt2)], addsSeparator: true)
        case "mpt", "olmo":
            PreTokenizerRules(stages: [.words(.gpt2)], composes: true)
        case "smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2":
            PreTokenizerRules(stages: [.run(.singleNumber), .words(.gpt2)])
        case "command-r":
            PreTokenizerRules(stages: [.run(.singleNumber), .words(.gpt2)], composes: true)
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
            "jina-v5-nano":
            PreTokenizerRules(stages: [.words(.llama3)], ignoresMerges: true, addsBOS: true)
        case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe":
            PreTokenizerRules(stages: [.words(.llama3)])
        case "qwen2", "megrez":
            PreTokenizerRules(stages: [.words(.qwen2)], composes: true)
        case "deepseek-r1-qwen", "stablelm2", "hunyuan", "solar-open", "grok-2", "a.x-4.0", "kormo", "f2llmv2":
            PreTokenizerRules(stages: [.words(.qwen2)])
        case "qwen35":
            PreTokenizerRules(stages: [.words(.qwen35)])
        case "gpt-4o", "llama4", "kanana2", "minimax-m2", "talkie":
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
        case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4":
            PreTokenizerRules(steps: [
                try .cut(at: #"\p{N}{1,3}"#),
                try .cut(at: "[一-龥\u{3040}-ゟ゠-ヿ]+"),
                try .cut(at: Self.deepSeekWords),
            ])
        case "poro-chat", "bloom", "gpt3-finnish":
            PreTokenizerRules(steps: [try .cut(at: Self.bloomWords)])
        case "viking":
            PreTokenizerRules(steps: [
                try .cut(at: Self.bloomWords), .scan(PreTokenizer(stages: [.run(.singleNumber)])),
            ])
        case "seed-coder":
            PreTokenizerRules(steps: [try .cut(at: Self.seedWords)])
        case "bailingmoe", "bailingmoe2", "llada-moe":
            PreTokenizerRules(steps: [try .cut(at: Self.bailingWords)])
        case "superbpe":
            PreTokenizerRules(steps: [
                .scan(PreTokenizer(stages: [.run(.numbers)])), try .cut(at: #"\d{1,3}(?=(?:\d{3})*(?!\d))"#),
            ])
        case "kimi-k2":
            PreTokenizerRules(steps: [try .cut(at: Self.kimiWords)])
        case "granite-embed-multi-97m":
            PreTokenizerRules(stages: [.words(.gpt4o)], ignoresMerges: true)
        case "tiny_aya", "cohere2moe":
            PreTokenizerRules(steps: [
                try .cut(at: Self.threesFromTheEnd), .scan(PreTokenizer(stages: [.words(.gpt4o)])),
            ])
        case "afmoe":
            PreTokenizerRules(steps: [
                try .cut(at: #"\d{1,3}(?=(?:\d{3})*(?!\d))"#), try .cut(at: Self.asianRuns),
                try .cut(at: Self.deepSeekWords),
            ])
        case "minicpm5":
            PreTokenizerRules(
                steps: [try .cut(at: #"\p{N}{1,3}"#), try .cut(at: Self.anyCase + Self.wordsAndLongNumbers)],
                ignoresMerges: true)
        case "jais-2":
            PreTokenizerRules(steps: [try .cut(at: Self.anyCase + Self.halvedSpaces)])
        case "exaone-moe":
            PreTokenizerRules(steps: [try .cut(at: Self.anyCase + Self.phrases)])
        case "laguna":
            PreTokenizerRules(steps: [
                try .cut(at: #"[^\n]+|[\n]+"#), .scan(PreTokenizer(stages: [.words(.qwen2)])),
            ])
        case "ufakzeka":
            PreTokenizerRules(stages: [.words(.qwen2WithoutContractions)])
        case "default":
            PreTokenizerRules(stages: [
                .run(.punctuationButGrave), .words(.gpt2), .run(.numbers), .run(.threeDigits),
            ])
        default:
            throw .unknownPreTokenizer(name)
        }
    }

    private static let anyCase = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

    private static let deepSeekWords =
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
        + #"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    /// Digits in threes, counted from the last one, where no letter follows that.
    private static let threesFromTheEnd = #"\d{1,3}(?=(?:\d{3})*\b)"#

    /// Scripts without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese, Korean.
    private static let asianRuns =
        "[\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{F900}-\u{FAFF}\u{3040}-\u{309F}\u{30A0}-\u{30FF}"
        + "\u{FF65}-\u{FF9F}\u{2F00}-\u{2FDF}\u{0E00}-\u{0E7F}\u{0E80}-\u{0EFF}\u{1780}-\u{17FF}"
        + "\u{1000}-\u{109F}\u{AA60}-\u{AA7F}\u{A9E0}-\u{A9FF}\u{AC00}-\u{D7AF}\u{1100}-\u{11FF}]+"

    private static let wordsAndLongNumbers =
        #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    /// Spaces in runs of powers of two.
    private static let halvedSpaces =
        #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"#
        + [512, 256, 128, 64, 32, 16, 8, 4].map { "|\\s{\($0)}(?!\\S)" }.joined() + #"|\s{1,2}(?!\S)|\s{1}"#

    /// Words that take along what stands behind single spaces.
    private static let phrases =
        #"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?"#
        + #"|\s*[\r\n]|\s+(?!\S)|\s+"#

    private static let bloomWords = #" ?[^(\s|.,!?…。，、।۔،)]+"#

    private static let seedWords =
        anyCase + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private static let bailingWords =
        "'(?i:[sdmt]|ll|ve|re)"
        + #"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#

    /// GPT-4o's words with Chinese cut out of them.
    private static let kimiWords = [
        #"[\p{Han}]+"#,
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"#
            + anyCase + "?",
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"#
            + anyCase + "?",
        #"\p{N}{1,3}"#, #" ?[^\s\p{L}\p{N}]+[\r\n]*"#, #"\s*[\r\n]+"#, #"\s+(?!\S)"#, #"\s+"#,
    ].joined(separator: "|")
}

extension PreTokenizationStep {
    /// Cuts out what an expression matches.
    fileprivate static func cut(at expression: String) throws(TokenizerError) -> PreTokenizationStep {
        .split(.expression(try RegularExpression(expression)), .isolated, inverts: false)
    }
}
