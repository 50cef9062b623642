import Testing

@testable import Tokenization

@Suite("Byte-pair merges")
struct BytePairTests {
    /// The algorithm as its definition reads: merge the leftmost pair of the lowest rank until there is none.
    private static func merge(_ bytes: [UInt8], _ merges: [String: Int]) -> [String] {
        var parts = bytes.map { String(UnicodeScalar($0)) }
        while true {
            let ranked = (0..<max(0, parts.count - 1)).compactMap { index in
                merges[parts[index] + " " + parts[index + 1]].map { (rank: $0, index: index) }
            }
            guard let best = ranked.min(by: { ($0.rank, $0.index) < ($1.rank, $1.index) }) else { return parts }
            parts[best.index] += parts.remove(at: best.index + 1)
        }
    }

    /// Random merges over a few letters, some of them ranked before the merges that make their parts.
    private static func vocabulary(_ generator: inout SeededGenerator) -> Vocabulary {
        var tokens = ["a", "b", "c"]
        var merges: [String] = []
        for _ in 0..<30 {
            guard let left = tokens.randomElement(using: &generator),
                let right = tokens.randomElement(using: &generator)
            else { continue }
            if !tokens.contains(left + right) { tokens.append(left + right) }
            if !merges.contains(left + " " + right) { merges.append(left + " " + right) }
        }
        if Bool.random(using: &generator) { merges.shuffle(using: &generator) }
        return Vocabulary(scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: tokens, merges: merges)
    }

    @Test("Short and long pieces merge as the definition says", arguments: 0..<60)
    func equalsDefinition(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let vocabulary = Self.vocabulary(&generator)
        let tokenizer = try Tokenizer(vocabulary)
        let ranks = Dictionary(uniqueKeysWithValues: vocabulary.merges.enumerated().map { ($1, $0) })
        for length in [1, 2, 3, 7, BytePairEncoder.scanLimit, BytePairEncoder.scanLimit + 1, 100, 300] {
            let bytes = (0..<length).map { _ in UInt8.random(in: 97...99, using: &generator) }
            let tokens = tokenizer.encode(
                String(decoding: bytes, as: UTF8.self), addSpecial: false, parseSpecial: false)
            #expect(tokens.map { vocabulary.tokens[Int($0.rawValue)] } == Self.merge(bytes, ranks))
        }
    }

    @Test("Bytes that the vocabulary lacks vanish, and their neighbours meet")
    func missingBytes() throws {
        let tokenizer = try Tokenizer(
            Vocabulary(scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: ["a", "b", "ab"], merges: ["a b"]))
        #expect(tokenizer.encode("axb", addSpecial: false, parseSpecial: false) == [2])
        #expect(tokenizer.encode("xyz", addSpecial: false, parseSpecial: false) == [])
    }

    @Test("A token spelled outside the byte alphabet is none that text turns into")
    func unreachableTokens() throws {
        let tokens = ["\u{200D}", "â", "Ģ", "į", "âĢ", "âĢį", "a b", "a", "Ġ", "b"]
        let tokenizer = try Tokenizer(
            Vocabulary(
                scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: tokens, merges: ["â Ģ", "âĢ į"]))
        #expect(tokenizer.encode("\u{200D}", addSpecial: false, parseSpecial: false) == [5])
        #expect(tokenizer.encode("a b", addSpecial: false, parseSpecial: false) == [7, 8, 9])
        #expect(tokenizer.piece(of: 0) == "\u{200D}" && tokenizer.piece(of: 6) == "a b")
    }

    @Test("Listed merges of characters, with marks for spaces and bytes for what is not listed")
    func characters() throws {
        let tokens = ["<unk>", "<s>", "▁", "a", "b", "\n", "▁a", "ab", "▁▁", "\n\n", "<0xC3>", "<0xA9>", "▁ab"]
        let tokenizer = try Tokenizer(
            Vocabulary(
                scheme: .characterBPE, preTokenizer: "default", tokens: tokens,
                kinds: [2, 3, 1, 1, 1, 1, 1, 1, 1, 1, 6, 6, 1],
                merges: ["\n \n", "▁ ▁", "▁ a", "▁a b", "a b"], special: .init(bos: 1, unknown: 0)))
        #expect(tokenizer.encode("ab  ab\n\n é", addSpecial: true, parseSpecial: false) == [1, 7, 8, 7, 9, 2, 10, 11])
        #expect(tokenizer.encode(" ab", addSpecial: false, parseSpecial: false) == [12])
        #expect(tokenizer.decode([1, 7, 8, 7, 9, 2, 10, 11], skipSpecial: true) == "ab  ab\n\n é")
    }

    @Test
    func queueOrdersByRankThenPlace() {
        var generator = SeededGenerator(state: 3)
        var queue = MergeQueue()
        var expected: [[Int]] = []
        for step in 0..<500 {
            let rank = Int.random(in: 0..<20, using: &generator)
            let place = Int.random(in: 0..<(1 << 39), using: &generator)
            if step < 250 {
                queue.add(rank: UInt32(rank), place: place)
                if step == 249 { queue.arrange() }
            } else {
                queue.insert(rank: UInt32(rank), place: place)
            }
            expected.append([rank, place])
        }
        expected.sort { $0.lexicographicallyPrecedes($1) }
        var actual: [[Int]] = []
        while let (rank, place) = queue.popFirst() { actual.append([Int(rank), place]) }
        #expect(actual == expected)
    }

    @Test("A megabyte of anything ends, in time that no square could keep", arguments: ReferenceTests.rules)
    func longRuns(rule: String) throws {
        let tokenizer = try Fixture.tokenizer(rule)
        for unit in [
            "a", " ", "\n", " \n", "1", "!", "'", "ab", "é", "中", "\u{301}\u{327}", "\u{1100}\u{1161}", "<|im_",
            "\u{a0}",
        ] {
            let text = String(repeating: unit, count: (1 << 20) / unit.utf8.count)
            let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: true)
            let bytes = Array(text.utf8)
            let expected = tokenizer.parts.normalizer?.apply(bytes.span, bytes.indices) ?? bytes
            #expect(Array(tokenizer.decode(tokens, skipSpecial: false).utf8) == expected)
        }
    }
}
