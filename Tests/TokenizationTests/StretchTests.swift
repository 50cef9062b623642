import Testing

@testable import Tokenization

/// What is cut at seams, and what comes from the cache, against the definitions that know of neither.
@Suite("Stretches between seams")
struct StretchTests {
    private static let letters = ["a", "b", "c", "▁", "é", "中"]

    /// Merges the leftmost of the neighbours whose rank is lowest until none has one.
    private static func merge(_ text: String, _ rank: (String, String) -> Int?) -> [String] {
        var parts = text.unicodeScalars.map { String($0) }
        while true {
            var best: (rank: Int, index: Int)?
            for index in parts.indices.dropLast() {
                guard let rank = rank(parts[index], parts[index + 1]), rank < best?.rank ?? .max else { continue }
                best = (rank, index)
            }
            guard let best else { return parts }
            parts[best.index] += parts.remove(at: best.index + 1)
        }
    }

    /// Random tokens of two parts each, and the pairs they were made of.
    private static func words(_ generator: inout SeededGenerator) -> (tokens: [String], merges: [[String]]) {
        // One letter is no token by itself, and one that texts have is in no token.
        var tokens = Array(letters.dropLast(2))
        var merges: [[String]] = []
        for _ in 0..<14 {
            guard let left = tokens.randomElement(using: &generator),
                let right = (tokens + ["é"]).randomElement(using: &generator), left != right || left == "▁"
            else { continue }
            if !tokens.contains(left + right) { tokens.append(left + right) }
            if !merges.contains([left, right]), right != "é" { merges.append([left, right]) }
        }
        return (tokens, merges)
    }

    private static func text(_ generator: inout SeededGenerator, _ count: Int) -> String {
        (0..<count).compactMap { _ in letters.randomElement(using: &generator) }.joined()
    }

    @Test("Scored pairs", arguments: 0..<40)
    func scoredPairs(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let tokens = Self.words(&generator).tokens
        let scores = tokens.map { _ in Int.random(in: -6..<0, using: &generator) }
        let tokenizer = try Tokenizer(
            Vocabulary(
                scheme: .sentencePieceBPE, preTokenizer: "default", tokens: ["<unk>"] + tokens,
                kinds: [2] + tokens.map { _ in 1 }, scores: [0] + scores.map(Float.init),
                special: .init(unknown: 0), addsSpacePrefix: false))
        let ranks = Dictionary(uniqueKeysWithValues: zip(tokens, scores))
        for count in [1, 2, 5, 40, 300] {
            let text = Self.text(&generator, count)
            let expected = Self.merge(text) { left, right in ranks[left + right].map { -$0 } }
                .map { tokens.firstIndex(of: $0).map { $0 + 1 } ?? 0 }
            // Long enough for the cache, with seams between the copies or without.
            for copies in [1, count == 300 ? 20 : 1] {
                let whole = String(repeating: text + "中", count: copies)
                let actual = tokenizer.encode(whole, addSpecial: false, parseSpecial: false).map { Int($0.rawValue) }
                let parts = [[Int]](repeating: expected + [0], count: copies).flatMap { $0 }
                #expect(actual == parts)
            }
        }
    }

    @Test("Listed merges of characters", arguments: 0..<40)
    func listedMerges(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let (tokens, merges) = Self.words(&generator)
        let fuses = seed % 2 == 0
        let vocabulary = (["?"] + tokens).enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ",")
        let list = merges.map { "[\"\($0[0])\", \"\($0[1])\"]" }.joined(separator: ",")
        let file = """
            {"model": {"type": "BPE", "unk_token": "?", "fuse_unk": \(fuses), "vocab": {\(vocabulary)},
            "merges": [\(list)]}}
            """
        let tokenizer = try Tokenizer(tokenizerFile: Array(file.utf8), configuration: nil)
        for count in [1, 2, 5, 40, 300] {
            let text = Self.text(&generator, count)
            var expected: [Int] = []
            for part in Self.merge(text, { left, right in merges.firstIndex(of: [left, right]) }) {
                let token = tokens.firstIndex(of: part).map { $0 + 1 } ?? 0
                if token > 0 || !fuses || expected.last != 0 { expected.append(token) }
            }
            let actual = tokenizer.encode(text, addSpecial: false, parseSpecial: false).map { Int($0.rawValue) }
            #expect(actual == expected)
        }
    }

    @Test("A text that is long enough for the cache has the tokens of its lines")
    func cached() throws {
        let tokenizer = try Fixture.tokenizer()
        var generator = SeededGenerator(state: 5)
        let words = try Fixture.shared.get().texts.flatMap { $0.split(separator: " ").map(String.init) }
        let lines = (0..<4000).compactMap { _ in words.randomElement(using: &generator) }.map { "x\n" + $0 + "\nx" }
        let whole = tokenizer.encode(lines.joined(separator: "\n"), addSpecial: false, parseSpecial: false)
        let single = lines.map { tokenizer.encode($0, addSpecial: false, parseSpecial: false) }
        let newline = tokenizer.encode("\n", addSpecial: false, parseSpecial: false)
        #expect(whole == Array(single.joined(separator: newline)))
    }
}
