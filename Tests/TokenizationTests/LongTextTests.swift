import JSON
import Testing

@testable import Tokenization

/// Texts made to meet whatever is not linear: one thing over and over.
@Suite("Long texts of one kind")
struct LongTextTests {
    static let units = [
        "a", " ", "▁", "<", "<s", "1", "中", "\u{301}\u{327}", "👨\u{200D}👩\u{200D}👧", "'", "\n", "A", "\u{A0}", "ªA",
    ]

    private static func text(_ unit: String, _ count: Int) -> [UInt8] {
        Array(String(repeating: unit, count: max(1, count / unit.utf8.count)).utf8)
    }

    /// Tokens of one to `longest` letters, so that every two neighbours merge.
    private static func vocabulary(_ scheme: Vocabulary.Scheme) -> Vocabulary {
        var tokens = ["<unk>"]
        var merges: [String] = []
        for letter in ["a", "b", "▁", "1"] {
            tokens += (1...9).map { String(repeating: letter, count: $0) }
            merges += (1...8).map { String(repeating: letter, count: $0) + " " + letter }
        }
        return Vocabulary(
            scheme: scheme, preTokenizer: "default", tokens: tokens, kinds: [2] + tokens.dropFirst().map { _ in 1 },
            merges: merges, scores: tokens.indices.map { -Float($0) }, special: .init(unknown: 0),
            addsSpacePrefix: false)
    }

    @Test(
        "Looks at merges grow with the text and not with its square",
        arguments: [Vocabulary.Scheme.characterBPE, .sentencePieceBPE], units)
    func mergesAreLinear(scheme: Vocabulary.Scheme, unit: String) throws {
        let tokenizer = try Tokenizer(Self.vocabulary(scheme))
        let perByte = [2000, 32000].map { count in
            let bytes = Self.text(unit, count)
            var workspace = BytePairEncoder.Workspace(length: 0)
            var output: [TokenID] = []
            switch tokenizer.parts.model {
            case .bytePair(let encoder): encoder.encode(bytes.span, bytes.indices, into: &output, &workspace)
            case .scoredPairs(let encoder): encoder.encode(bytes.span, bytes.indices, into: &output, &workspace)
            default: Issue.record("no such model")
            }
            return Double(workspace.steps) / Double(bytes.count)
        }
        #expect(perByte[1] <= perByte[0] * 1.1 + 0.1, "\(perByte)")
    }

    /// With a square in it, even a quarter of a megabyte takes minutes.
    @Test("Every splitting rule ends, and keeps the text", arguments: ReferenceTests.lessCommonRules + rules)
    func splittingEnds(rule: String) throws {
        let rules = try PreTokenizerRules.named(rule)
        for unit in Self.units {
            let bytes = Self.text(unit, 1 << 18)
            var covered = 0
            switch rules.preTokenization {
            case .scan(let scanner):
                var cursor = scanner.cursor(over: bytes.indices)
                while let piece = scanner.next(&cursor, in: bytes.span) { covered += piece.count }
            case .steps(let steps):
                var list = PieceList(text: bytes, pieces: [bytes.indices], isBeginning: true)
                for step in steps { step.apply(to: &list) }
                covered = list.pieces.reduce(0) { $0 + $1.count }
            }
            #expect(covered == bytes.count)
        }
    }

    @Test(
        "Every normaliser and pre-tokeniser of a file ends on a quarter of a megabyte",
        arguments: [
            #""normalizer": {"type": "NFC"}"#, #""normalizer": {"type": "NFKD"}"#,
            #""normalizer": {"type": "StripAccents"}"#, #""normalizer": {"type": "Nmt"}"#,
            #""normalizer": {"type": "Strip"}"#, #""normalizer": {"type": "BertNormalizer"}"#,
            #""normalizer": {"type": "Replace", "pattern": {"Regex": "(a|aa)+b|\\s+(?!\\S)"}, "content": "x"}"#,
            #""pre_tokenizer": {"type": "Metaspace"}"#, #""pre_tokenizer": {"type": "UnicodeScripts"}"#,
            #""pre_tokenizer": {"type": "BertPreTokenizer"}"#, #""pre_tokenizer": {"type": "Whitespace"}"#,
            #""pre_tokenizer": {"type": "Punctuation", "behavior": "MergedWithNext"}"#,
            #""pre_tokenizer": {"type": "FixedLength", "length": 3}"#,
            #""added_tokens": [{"id": 1, "content": "<s>", "lstrip": true, "rstrip": true, "single_word": true}]"#,
        ])
    func componentsEnd(member: String) throws {
        let file = #"{"model": {"type": "WordLevel", "vocab": {"u": 0}, "unk_token": "u"}, "# + member + "}"
        let tokenizer = try Tokenizer(tokenizerFile: Array(file.utf8), configuration: nil)
        for unit in Self.units {
            let text = String(decoding: Self.text(unit, 1 << 18), as: UTF8.self)
            let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: true)
            #expect(tokens.count <= text.utf8.count)
        }
    }
}

private let rules = [
    "gpt-2", "llama-bpe", "qwen2", "deepseek-llm", "deepseek-v3", "bloom", "superbpe", "kimi-k2", "jais-2",
    "exaone-moe",
]
