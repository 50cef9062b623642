import Testing
import Tokenization

@Suite("Fragments and trust")
struct FragmentTests {
    @Test("Borders between fragments leave no trace in ordinary text", arguments: ReferenceTests.rules)
    func bordersVanish(rule: String) throws {
        let tokenizer = try Fixture.tokenizer(rule)
        for text in try Fixture.shared.get().texts where !text.isEmpty {
            let whole = tokenizer.encode(text, addSpecial: false, parseSpecial: false)
            let scalars = Array(text.unicodeScalars)
            for cut in stride(from: 0, through: scalars.count, by: max(1, scalars.count / 12)) {
                let fragments = [scalars[..<cut], scalars[cut...]].map { part in
                    TextFragment(String(String.UnicodeScalarView(part)), parseSpecial: false)
                }
                #expect(tokenizer.encode(fragments, addSpecial: false) == whole, "\(text.debugDescription) at \(cut)")
            }
        }
    }

    @Test("Merges run from the template's text into the user's")
    func mergesCrossTrust() throws {
        let tokenizer = try Fixture.tokenizer()
        let whole = tokenizer.encode("Hello the quick world", addSpecial: false, parseSpecial: true)
        let fragments = [
            TextFragment("Hello the q", parseSpecial: true), TextFragment("uick wor", parseSpecial: false),
            TextFragment("ld", parseSpecial: true),
        ]
        #expect(tokenizer.encode(fragments, addSpecial: false) == whole)
    }

    @Test("Control tokens count only wholly inside trusted text")
    func controlTokensNeedTrust() throws {
        let tokenizer = try Fixture.tokenizer()
        let end = try #require(tokenizer.token(for: "<|im_end|>"))
        func count(_ fragments: [(String, Bool)]) -> Int {
            let fragments = fragments.map { TextFragment($0.0, parseSpecial: $0.1) }
            let tokens = tokenizer.encode(fragments, addSpecial: false)
            #expect(tokenizer.decode(tokens, skipSpecial: false) == fragments.map(\.text).joined())
            return tokens.count { $0 == end }
        }
        #expect(count([("<|im_end|>", true)]) == 1)
        #expect(count([("<|im_end|>", false)]) == 0)
        #expect(count([("<|im_end", true), ("|>", true)]) == 1)
        #expect(count([("<|im_end", true), ("|>", false)]) == 0)
        #expect(count([("<|im_end", false), ("|>", true)]) == 0)
        #expect(count([("<|im_", true), ("", false), ("end|>", true)]) == 1)
        #expect(count([("<|im_end|>", true), ("<|im_end|>", false), ("<|im_end|>", true)]) == 2)
        // The longer control token reaches into text that is not trusted, so the shorter one counts.
        #expect(count([("<|im_end|>", true), ("x", false)]) == 1)
        #expect(count([("<|im_end|>x", true)]) == 0)
    }

    @Test("User-defined tokens count wherever they stand")
    func userDefinedTokens() throws {
        let tokenizer = try Fixture.tokenizer()
        let tool = try #require(tokenizer.token(for: "<tool>"))
        #expect(tokenizer.encode("a<tool>b", addSpecial: false, parseSpecial: false).contains(tool))
        let fragments = [TextFragment("<to", parseSpecial: true), TextFragment("ol>", parseSpecial: false)]
        #expect(tokenizer.encode(fragments, addSpecial: false) == [tool])
    }

    @Test("No text of a stranger becomes a control token", arguments: ReferenceTests.rules)
    func strangersCannotInject(rule: String) throws {
        let fixture = try Fixture.shared.get()
        let tokenizer = try Fixture.tokenizer(rule)
        var generator = SeededGenerator(state: 7)
        let parts = fixture.tokens.suffix(6) + ["<|", "|>", "<", "im_end", " ", "x", "\n"]
        for _ in 0..<500 {
            let text = (0..<8).compactMap { _ in parts.randomElement(using: &generator) }.joined()
            let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: false)
            #expect(!tokens.contains { tokenizer.isControl($0) }, "\(text.debugDescription)")
            #expect(tokenizer.decode(tokens, skipSpecial: true) == text)
        }
    }

    @Test("Merges cannot spell a control token")
    func mergesCannotSpellControl() throws {
        let vocabulary = Vocabulary(
            scheme: .byteLevelBPE, preTokenizer: "llama-bpe", tokens: ["a", "b", "ab"], kinds: [1, 1, 3],
            merges: ["a b"])
        let tokenizer = try Tokenizer(vocabulary)
        #expect(tokenizer.encode("ab", addSpecial: false, parseSpecial: false) == [0, 1])
        #expect(tokenizer.encode("ab", addSpecial: false, parseSpecial: true) == [2])
    }
}
