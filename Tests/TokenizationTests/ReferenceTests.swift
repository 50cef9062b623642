import Testing
import Tokenization

@Suite("Ids equal those of the reference")
struct ReferenceTests {
    static let rules = ["gpt-2", "smollm", "llama-bpe", "qwen2"]

    /// Recorded for the first texts only.
    static let lessCommonRules = ["qwen35", "gpt-4o", "tekken", "falcon", "default", "deepseek-coder"]

    @Test(arguments: rules + lessCommonRules)
    func fixtureTexts(rule: String) throws {
        let fixture = try Fixture.shared.get()
        let tokenizer = try Fixture.tokenizer(rule)
        let expected = try #require(fixture.ids[rule])
        #expect(Self.rules.contains(rule) ? expected.count == fixture.texts.count : expected.count > 80)
        for (text, ids) in zip(fixture.texts, expected) {
            let actual = tokenizer.encode(text, addSpecial: false, parseSpecial: true).map(\.rawValue)
            #expect(actual == ids, "\(text.debugDescription)")
        }
    }

    /// The models' whole text, less what normalisation or a missing byte changes, comes back.
    @Test(arguments: rules)
    func decodingGivesTheTextBack(rule: String) throws {
        let tokenizer = try Fixture.tokenizer(rule)
        for text in try Fixture.shared.get().texts where !text.contains("\u{1}") {
            let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: true)
            let decoded = tokenizer.decode(tokens, skipSpecial: false)
            if rule == "qwen2" {
                // Canonical equivalence is what Swift means by equal strings.
                #expect(decoded == text)
            } else {
                #expect(Array(decoded.utf8) == Array(text.utf8), "\(text.debugDescription)")
            }
        }
    }
}
