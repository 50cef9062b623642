import Testing

@testable import Tokenization

@Suite("Vocabularies and what they ask for")
struct VocabularyTests {
    static func vocabulary(_ change: (inout Vocabulary) -> Void) -> Vocabulary {
        var vocabulary = Vocabulary(
            scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: ["a", "b", "ab", "<|end|>"], kinds: [1, 1, 1, 3],
            merges: ["a b"], special: .init(bos: 3, eos: 3))
        change(&vocabulary)
        return vocabulary
    }

    static let faults: [(TokenizerError, Vocabulary)] = [
        (.unknownPreTokenizer("no-such"), vocabulary { $0.preTokenizer = "no-such" }),
        (.emptyVocabulary, vocabulary { $0.tokens = [] }),
        (.kindCountMismatch(tokens: 4, kinds: 3), vocabulary { $0.kinds = [1, 1, 1] }),
        (.invalidTokenKind(index: 2, value: 7), vocabulary { $0.kinds[2] = 7 }),
        (.specialTokenOutOfRange(name: "bos", id: 4, vocabularySize: 4), vocabulary { $0.special.bos = 4 }),
        (.specialTokenOutOfRange(name: "eos", id: -1, vocabularySize: 4), vocabulary { $0.special.eos = -1 }),
        (.malformedMerge(index: 1, text: "ab"), vocabulary { $0.merges.append("ab") }),
        (.malformedMerge(index: 1, text: "a "), vocabulary { $0.merges.append("a ") }),
        (.malformedMerge(index: 1, text: " a"), vocabulary { $0.merges.append(" a") }),
        (.malformedMerge(index: 1, text: ""), vocabulary { $0.merges.append("") }),
        (.mergeOutsideVocabulary(index: 1, text: "a c"), vocabulary { $0.merges.append("a c") }),
        (.mergeOutsideVocabulary(index: 1, text: "b a"), vocabulary { $0.merges.append("b a") }),
    ]

    @Test(arguments: faults)
    func faultsAreNamed(error: TokenizerError, vocabulary: Vocabulary) {
        #expect(throws: error) { try Tokenizer(vocabulary) }
        #expect(!error.description.isEmpty)
    }

    @Test
    func beginAndEndAreAddedIfAskedFor() throws {
        func encode(_ rule: String, _ addsBOS: Bool?, _ addsEOS: Bool?, _ addSpecial: Bool) throws -> [TokenID] {
            let vocabulary = Self.vocabulary {
                $0.preTokenizer = rule
                $0.addsBOS = addsBOS
                $0.addsEOS = addsEOS
            }
            return try Tokenizer(vocabulary).encode("ab", addSpecial: addSpecial, parseSpecial: false)
        }
        #expect(try encode("gpt-2", nil, nil, true) == [2])
        #expect(try encode("gpt-2", true, true, true) == [3, 2, 3])
        #expect(try encode("gpt-2", true, true, false) == [2])
        #expect(try encode("llama-bpe", nil, nil, true) == [3, 2])
        #expect(try encode("llama-bpe", false, true, true) == [2, 3])
    }

    @Test
    func endsOfGeneration() throws {
        let byName = try Tokenizer(Self.vocabulary { $0.special = .init() })
        #expect(byName.endOfGenerationTokens == [3])
        #expect(byName.eosToken == nil)

        // A word that is an end-of-text token elsewhere is a word here.
        let word = try Tokenizer(
            Vocabulary(scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: ["a", "</s>"], special: .init(eos: 0)))
        #expect(word.endOfGenerationTokens == [0])
        #expect(word.isControl(0))
        #expect(!word.isControl(1))

        let tag = try Tokenizer(
            Vocabulary(
                scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: ["<eos>", "</s>"], kinds: [3, 4],
                special: .init(eos: 0)))
        #expect(tag.endOfGenerationTokens == [0])
        #expect(tag.encode("</s>", addSpecial: false, parseSpecial: false) == [1])

        let harmony = try Tokenizer(
            Vocabulary(
                scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: ["<|end|>", "<|return|>", "<|call|>"],
                kinds: [3, 3, 3], special: .init(eos: 1)))
        #expect(harmony.endOfGenerationTokens == [1, 2])
    }

    @Test
    func lookUps() throws {
        let tokenizer = try Fixture.tokenizer()
        let fixture = try Fixture.shared.get()
        #expect(tokenizer.vocabularySize == fixture.tokens.count)
        #expect(tokenizer.token(for: "<|im_end|>") == fixture.id("<|im_end|>"))
        #expect(tokenizer.token(for: " the") == fixture.id("Ġthe"))
        #expect(tokenizer.token(for: "no such token") == nil)
        #expect(tokenizer.token(for: "") == nil)
        let end = try #require(tokenizer.eosToken)
        #expect(tokenizer.bytes(of: end) == [])
        #expect(tokenizer.bytes(of: end, includingSpecial: true) == Array("<|im_end|>".utf8))
        #expect(tokenizer.piece(of: end) == "<|im_end|>")
        #expect(tokenizer.piece(of: try #require(fixture.id("Ġthe"))) == " the")
        #expect(tokenizer.piece(of: try #require(fixture.id("Ã"))) == "\u{FFFD}")
    }

    @Test(arguments: [-1, 1020, Int32.min, Int32.max] as [Int32])
    func idsBeyondTheVocabularyDecodeToNothing(value: Int32) throws {
        let tokenizer = try Fixture.tokenizer()
        let token = TokenID(rawValue: value)
        #expect(!tokenizer.contains(token))
        #expect(!tokenizer.isControl(token))
        #expect(tokenizer.bytes(of: token, includingSpecial: true) == [])
        #expect(tokenizer.decode([token], skipSpecial: false) == "")
    }

    @Test("Byte tokens, unused tokens and text outside the byte alphabet decode as the reference does")
    func unusualTokens() throws {
        let tokenizer = try Tokenizer(
            Vocabulary(
                scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: ["<0x0A>", "<0xZZ>", "Ġ▁x", "Ġx", ""],
                kinds: [6, 6, 1, 5, 1]))
        #expect(tokenizer.bytes(of: 0) == [10])
        #expect(tokenizer.piece(of: 1) == "<0xZZ>")
        #expect(tokenizer.piece(of: 2) == "Ġ▁x")
        #expect(tokenizer.piece(of: 3) == " x")
        #expect(tokenizer.piece(of: 4) == "")
        #expect(tokenizer.encode("\n", addSpecial: false, parseSpecial: false) == [0])
    }

    @Test(arguments: [["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"], ["<PRE>", "<SUF>", "<MID>"]])
    func aGapIsDescribedByTokensOfKnownNames(names: [String]) throws {
        let vocabulary = Self.vocabulary {
            $0.tokens += names + ["<|fim_pad|>"]
            $0.kinds += [3, 3, 3, 4]
            $0.addsBOS = true
        }
        let tokenizer = try Tokenizer(vocabulary)
        #expect(tokenizer.infill?.ends == [4, 5, 6, 7])
        #expect(tokenizer.infillPrompt(prefix: [0], suffix: "ab") == [3, 4, 0, 5, 2, 6])
    }

    @Test
    func aGapIsDescribedByTheTokensThatTheFileNames() throws {
        let named = try Tokenizer(
            Self.vocabulary { ($0.special.infillPrefix, $0.special.infillSuffix, $0.special.infillMiddle) = (2, 0, 1) })
        #expect(named.infillPrompt(prefix: [], suffix: "") == [2, 0, 1])
        for unknown in [
            Self.vocabulary { _ in },
            Self.vocabulary { ($0.special.infillPrefix, $0.special.infillSuffix) = (2, 0) },
            // Words of text are no tokens of structure.
            Self.vocabulary {
                $0.tokens += ["<PRE>", "<SUF>", "<MID>"]
                $0.kinds += [1, 1, 1]
            },
        ] {
            #expect(try Tokenizer(unknown).infillPrompt(prefix: [0], suffix: "b") == nil)
        }
        #expect(throws: TokenizerError.specialTokenOutOfRange(name: "infill middle", id: 9, vocabularySize: 4)) {
            try Tokenizer(Self.vocabulary { $0.special.infillMiddle = 9 })
        }
    }
}

@Suite("SentencePiece and WordPiece vocabularies")
struct OtherSchemeTests {
    /// `▁`, the letters, the 256 bytes and a few words with scores.
    private static func sentencePiece(_ scheme: Vocabulary.Scheme, _ change: (inout Vocabulary) -> Void = { _ in })
        -> Vocabulary
    {
        let bytes = (0..<256).map { "<0x" + String($0 + 256, radix: 16, uppercase: true).dropFirst() + ">" }
        let words = ["▁", "a", "b", "c", "ab", "▁ab", "abc", "▁a", "bc", "▁▁"]
        var vocabulary = Vocabulary(
            scheme: scheme, preTokenizer: "default", tokens: ["<unk>", "<s>", "</s>"] + bytes + words + ["▁<x>"],
            kinds: [2, 3, 3] + bytes.map { _ in 6 } + words.map { _ in 1 } + [4],
            scores: [0, 0, 0] + bytes.map { _ in 0 } + [-9, -8, -8, -8, -3, -2, -4, -5, -1, -6] + [0],
            special: .init(bos: 1, eos: 2, unknown: 0), addsBOS: true)
        change(&vocabulary)
        return vocabulary
    }

    private static func pieces(_ text: String, _ tokenizer: Tokenizer, trusted: Bool = false) -> [String] {
        tokenizer.encode(text, addSpecial: false, parseSpecial: trusted).map {
            String(decoding: tokenizer.parts.contents.bytes(of: Int($0.rawValue)), as: UTF8.self)
        }
    }

    @Test("The highest score merges first, and what no token covers becomes bytes")
    func scoredPairs() throws {
        let tokenizer = try Tokenizer(Self.sentencePiece(.sentencePieceBPE))
        #expect(Self.pieces("abc", tokenizer) == ["▁", "abc"])
        #expect(Self.pieces("ab a", tokenizer) == ["▁ab", "▁a"])
        #expect(Self.pieces("é", tokenizer) == ["▁", "<0xC3>", "<0xA9>"])
        #expect(Self.pieces("a <x>b", tokenizer) == ["▁a", "▁<x>", "▁", "b"])
        #expect(Self.pieces("<s>a", tokenizer, trusted: true) == ["<s>", "▁a"])
        #expect(tokenizer.encode("a", addSpecial: true, parseSpecial: false).first == 1)
        let noPrefix = try Tokenizer(Self.sentencePiece(.sentencePieceBPE) { $0.addsSpacePrefix = false })
        #expect(Self.pieces("abc", noPrefix) == ["abc"])
    }

    @Test("Runs of spaces are one token, however the file spells them and whatever else could merge")
    func runsOfSpaces() throws {
        for run in [" ", "▁"] {
            let tokenizer = try Tokenizer(
                Vocabulary(
                    scheme: .sentencePieceBPE, preTokenizer: "default",
                    tokens: ["<unk>", "▁", "a", "▁a"] + (2...5).map { String(repeating: run, count: $0) },
                    kinds: [2, 1, 1, 1] + (2...5).map { _ in 4 }, scores: [0, -9, -9, 0] + (2...5).map { _ in -1000 },
                    special: .init(unknown: 0), addsSpacePrefix: false))
            for (text, counts) in [("  a", [2]), (" a", []), ("▁ a", [2]), (" ▁ ▁a", [4]), ("       a", [5, 2])] {
                let pieces = counts.map { String(repeating: "▁", count: $0) } + (counts.isEmpty ? ["▁a"] : ["a"])
                let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: false)
                #expect(tokens.map { tokenizer.piece(of: $0).replacing(" ", with: "▁") } == pieces)
            }
        }
    }

    @Test("The likeliest way wins, and spaces follow the file's flags")
    func unigram() throws {
        let tokenizer = try Tokenizer(Self.sentencePiece(.unigram))
        #expect(Self.pieces("abc", tokenizer) == ["▁a", "bc"])
        #expect(Self.pieces("  ab", tokenizer) == ["▁▁", "▁ab"])
        let collapsing = try Tokenizer(Self.sentencePiece(.unigram) { $0.removesExtraWhitespace = true })
        #expect(Self.pieces("  ab  a ", collapsing) == ["▁ab", "▁a"])
        #expect(Self.pieces("   ", collapsing) == [])
    }

    @Test("Text, and streams of it, come back", arguments: [Vocabulary.Scheme.sentencePieceBPE, .unigram])
    func roundTrip(scheme: Vocabulary.Scheme) throws {
        let tokenizer = try Tokenizer(Self.sentencePiece(scheme))
        for text in ["", "a", " a", "a  b ", "\n", "日本 abc\u{301}", "<s>", "😀 <0x41>"] {
            let tokens = tokenizer.encode(text, addSpecial: true, parseSpecial: false)
            #expect(!tokens.dropFirst().contains { tokenizer.isControl($0) })
            #expect(Array(tokenizer.decode(tokens, skipSpecial: true).utf8) == Array(text.utf8))
            var stream = StreamingDetokenizer(tokenizer: tokenizer, skipSpecial: true)
            #expect(Array((tokens.map { stream.append($0) }.joined() + stream.finish()).utf8) == Array(text.utf8))
        }
    }

    @Test
    func faultsAreNamed() {
        #expect(throws: TokenizerError.scoreCountMismatch(tokens: 270, scores: 1)) {
            try Tokenizer(Self.sentencePiece(.sentencePieceBPE) { $0.scores = [1] })
        }
        #expect(throws: TokenizerError.invalidScore(index: 4)) {
            try Tokenizer(Self.sentencePiece(.unigram) { $0.scores[4] = .nan })
        }
        for map: [UInt8] in [[1], [9, 0, 0, 0, 1, 2, 3, 4], [0, 0, 0, 0], [255, 255, 255, 255, 1]] {
            #expect(throws: TokenizerError.malformedCharacterMap) {
                try Tokenizer(Self.sentencePiece(.unigram) { $0.precompiledCharacterMap = map })
            }
        }
    }

    @Test("Whatever a forged table makes of a text, it is well-formed", arguments: 0..<300)
    func forgedCharacterMaps(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        // Units whose leaves are near and whose labels are bytes of the text.
        var map: [UInt8] = [64, 0, 0, 0]
        for _ in 0..<16 {
            let offset: UInt8 = [1, 5, 9].randomElement(using: &generator) ?? 1
            map += [UInt8.random(in: 0...255, using: &generator), offset, 0, 0]
        }
        for _ in 0..<40 { map.append(UInt8.random(in: 0...255, using: &generator)) }
        let table = try PrecompiledMap(map)
        for clusters in [false, true] {
            var table = table
            table.looksUpClusters = clusters
            for _ in 0..<20 {
                let text = Array(
                    String(decoding: (0..<30).map { _ in UInt8.random(in: 0...255, using: &generator) }, as: UTF8.self)
                        .utf8)
                let output = table.apply(text.span, text.indices)
                #expect(String(validating: output, as: UTF8.self) != nil)
            }
        }
    }

    @Test("A megabyte of anything ends", arguments: [Vocabulary.Scheme.sentencePieceBPE, .unigram])
    func longRuns(scheme: Vocabulary.Scheme) throws {
        let tokenizer = try Tokenizer(Self.sentencePiece(scheme))
        for unit in ["a", " ", "abc ", "\u{301}", "\n"] {
            let text = String(repeating: unit, count: (1 << 20) / unit.utf8.count)
            let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: false)
            #expect(tokenizer.decode(tokens, skipSpecial: true).utf8.count == text.utf8.count)
        }
    }

    @Test("Words are cut into their longest pieces, and case follows the vocabulary")
    func wordPiece() throws {
        let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁play", "ing", "▁e", "▁中", "▁!", "s"]
        let tokenizer = try Tokenizer(
            Vocabulary(
                scheme: .wordPiece, preTokenizer: "bert", tokens: tokens,
                special: .init(unknown: 1, padding: 0, classification: 2, separator: 3, mask: 4)))
        #expect(Self.pieces("PLAYing É中!", tokenizer) == ["▁play", "ing", "▁e", "▁中", "▁!"])
        #expect(Self.pieces("plays xyz [MASK]", tokenizer) == ["▁play", "s", "[UNK]", "[UNK]", "[UNK]", "[UNK]"])
        #expect(Self.pieces("play[MASK]", tokenizer, trusted: true) == ["▁play", "[MASK]"])
        #expect(Self.pieces(String(repeating: "s", count: 101), tokenizer) == ["[UNK]"])
        #expect(tokenizer.encodePair("play", "e").tokens == [2, 5, 3, 7, 3])
        #expect(tokenizer.encodePair("play", "e").segments == [0, 0, 0, 1, 1])
        #expect(tokenizer.decode([2, 5, 6, 9, 7, 3], skipSpecial: true) == "playing! e")
        #expect(tokenizer.maskToken == 4 && tokenizer.clsToken == 2 && tokenizer.sepToken == 3)
    }
}
