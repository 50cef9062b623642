import Testing
import Tokenization

@Suite("Streaming detokeniser")
struct StreamingDetokenizerTests {
    /// A vocabulary of the 256 bytes, each token's id its byte, and two control tokens.
    static func bytes() throws -> Tokenizer {
        let names = (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
        }
        return try Tokenizer(
            Vocabulary(
                scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: names + ["<|a|>", "<|b|>"],
                kinds: [Int32](repeating: 6, count: 256) + [3, 3]))
    }

    private static func stream(_ tokens: [TokenID], _ tokenizer: Tokenizer, skipSpecial: Bool = true) -> [String] {
        var detokenizer = StreamingDetokenizer(tokenizer: tokenizer, skipSpecial: skipSpecial)
        let texts = tokens.map { detokenizer.append($0) }
        return texts + [detokenizer.finish()]
    }

    @Test("Every text comes out whole and each part is whole characters", arguments: ReferenceTests.rules)
    func texts(rule: String) throws {
        let tokenizer = try Fixture.tokenizer(rule)
        for text in try Fixture.shared.get().texts {
            let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: true)
            let parts = Self.stream(tokens, tokenizer, skipSpecial: false)
            #expect(parts.joined() == tokenizer.decode(tokens, skipSpecial: false))
            #expect(!parts.joined().unicodeScalars.contains("\u{FFFD}"))
        }
    }

    @Test("Every prefix of every kind of sequence ends as the whole decoder says")
    func everyPrefix() throws {
        let tokenizer = try Self.bytes()
        let bytes: [UInt8] =
            Array("aé中😀b".utf8) + [0xC3, 0x28, 0xE2, 0x82, 0xF0, 0x9F, 0x98, 0xED, 0xA0, 0x80, 0xC0, 0xAF, 0xF5]
        for end in 0...bytes.count {
            let tokens = bytes[..<end].map { TokenID(rawValue: Int32($0)) }
            let parts = Self.stream(tokens, tokenizer)
            #expect(parts.joined() == String(decoding: bytes[..<end], as: UTF8.self))
        }
    }

    @Test("Random bytes decode as at once, and nothing is held back that cannot be completed")
    func randomBytes() throws {
        let tokenizer = try Self.bytes()
        var generator = SeededGenerator(state: 99)
        let likely: [UInt8] = [
            0x41, 0x80, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        ]
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator) : likely.randomElement(using: &generator) ?? 0
            }
            let parts = Self.stream(bytes.map { TokenID(rawValue: Int32($0)) }, tokenizer)
            #expect(parts.joined() == String(decoding: bytes, as: UTF8.self), "\(bytes)")
        }
    }

    @Test
    func replacementComesAtOnce() throws {
        let tokenizer = try Self.bytes()
        #expect(Self.stream([0xFF], tokenizer) == ["\u{FFFD}", ""])
        #expect(Self.stream([0xE0, 0x80], tokenizer) == ["", "\u{FFFD}\u{FFFD}", ""])
        #expect(Self.stream([0xF0, 0x9F, 0x41], tokenizer) == ["", "", "\u{FFFD}A", ""])
        #expect(Self.stream([0xF0, 0x9F, 0x98], tokenizer) == ["", "", "", "\u{FFFD}"])
        #expect(Self.stream([0xC3, 0xC3, 0xA9], tokenizer) == ["", "\u{FFFD}", "é", ""])
    }

    @Test("A skipped control token between two halves of a character does not part them")
    func controlTokens() throws {
        let tokenizer = try Self.bytes()
        #expect(Self.stream([0xC3, 256, 0xA9, 257], tokenizer) == ["", "", "é", "", ""])
        #expect(
            Self.stream([0xC3, 256, 0xA9, 257], tokenizer, skipSpecial: false)
                == ["", "\u{FFFD}<|a|>", "\u{FFFD}", "<|b|>", ""])
    }

    @Test
    func finishClears() throws {
        var detokenizer = StreamingDetokenizer(tokenizer: try Self.bytes(), skipSpecial: true)
        _ = detokenizer.append(0xE2)
        #expect(detokenizer.finish() == "\u{FFFD}")
        #expect(detokenizer.finish() == "")
        #expect(detokenizer.append(0x41) == "A")
    }
}
