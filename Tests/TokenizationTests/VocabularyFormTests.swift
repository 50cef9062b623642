import JSON
import Testing
import Tokenization

/// A `tokenizer.json` in the form of GGUF files gives the same tokens, or it is refused.
@Suite struct VocabularyFormTests {
    /// Rules that GGUF files have names for, each by its name, and the schemes without names.
    private static let written = [
        "byte-level": "gpt-2", "split-gpt2": "gpt-2", "split-llama3": "llama-bpe", "split-o200k": "gpt-4o",
        "starcoder": "smollm", "deepseek": "deepseek-v3", "falcon": "falcon", "llama-legacy": "default",
        "metaspace-never-False": "default", "metaspace-never-True": "default", "bert-False-None-True": "default",
        "bert-True-None-True": "default",
    ]
    /// Those that differ in spaces, which only the file itself says.
    private static let close: Set = [
        "metaspace-always-False", "metaspace-always-True", "metaspace-first-False", "metaspace-first-True", "unigram",
        "unigram-bytes", "xlm-roberta",
    ]

    private func form(_ fixture: FileFixture, endTokens: [TokenID] = []) throws -> (Vocabulary, isExact: Bool) {
        let original = try fixture.tokenizer()
        return try Vocabulary.ggufForm(
            tokenizerFile: Array(fixture.file.utf8), configuration: fixture.configuration, endTokens: endTokens,
            rowCount: original.vocabularySize + 3)
    }

    @Test(arguments: FileFixture.all.filter { written[$0.name] != nil })
    func tokensAreThoseOfTheFile(fixture: FileFixture) throws {
        let (vocabulary, isExact) = try form(fixture)
        #expect(isExact)
        #expect(vocabulary.preTokenizer == Self.written[fixture.name])
        let original = try Tokenizer(
            tokenizerFile: Array(fixture.file.utf8), configuration: fixture.configuration)
        let written = try Tokenizer(vocabulary)
        #expect(vocabulary.tokens.count == original.vocabularySize + 3)
        // WordPiece of GGUF files can't tell the mark of its words from the same character in a text.
        for text in fixture.texts where vocabulary.scheme != .wordPiece || !text.contains("▁") {
            for parsesSpecial in [false, true] {
                #expect(
                    written.encode(text, addSpecial: true, parseSpecial: parsesSpecial)
                        == original.encode(text, addSpecial: true, parseSpecial: parsesSpecial), "\(text)")
            }
        }
    }

    @Test(arguments: FileFixture.all.filter { written[$0.name] == nil })
    func whatHasNoNameIsRefused(fixture: FileFixture) throws {
        if Self.close.contains(fixture.name) {
            #expect(try !form(fixture).isExact)
        } else {
            #expect(throws: TokenizerError.self) { try form(fixture) }
        }
    }

    /// What is around a token counts for some, which no key says.
    @Test(arguments: ["lstrip", "rstrip", "single_word"])
    func tokensWithFlagsAreNotTheSame(flag: String) throws {
        let fixture = try FileFixture.named("byte-level")
        let plain = #""\#(flag)":false"#
        try #require(fixture.file.contains(plain))
        let changed = fixture.file.replacing(plain, with: #""\#(flag)":true"#, maxReplacements: 1)
        let rowCount = try fixture.tokenizer().vocabularySize
        let form = try Vocabulary.ggufForm(
            tokenizerFile: Array(changed.utf8), configuration: fixture.configuration, rowCount: rowCount)
        #expect(!form.isExact)
    }

    @Test func endTokensFitTheKeysOrAreRefused() throws {
        let fixture = try FileFixture.named("byte-level")
        let (vocabulary, _) = try form(fixture, endTokens: [1, 3].map(TokenID.init(rawValue:)))
        #expect(try Tokenizer(vocabulary).endOfGenerationTokens.isSuperset(of: [1, 3].map(TokenID.init(rawValue:))))
        #expect {
            try form(fixture, endTokens: [0, 1, 3].map(TokenID.init(rawValue:)))
        } throws: {
            "\($0)".contains("eos_token_id")
        }
    }
}

extension FileFixture {
    /// What `tokenizer_config.json` would say of the tokens that the file has.
    fileprivate var configuration: JSONValue {
        func token(_ name: String) -> JSONValue { file.contains("\"\(name)\"") ? .string(name) : .null }
        return [
            "bos_token": token("<s>"), "eos_token": token("</s>"), "cls_token": token("[CLS]"),
            "sep_token": token("[SEP]"), "unk_token": token("<unk>"), "mask_token": token("[MASK]"),
        ]
    }
}
