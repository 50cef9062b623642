import Testing

@testable import Tokenization

@Suite("Splitting rules")
struct PreTokenizerTests {
    private static func pieces(_ text: String, _ rule: String) throws -> [String] {
        let splitter = PreTokenizer(stages: try PreTokenizerRules.named(rule).stages)
        let bytes = Array(text.utf8)
        var cursor = splitter.cursor(over: bytes.indices)
        var pieces: [String] = []
        while let piece = splitter.next(&cursor, in: bytes.span) {
            pieces.append(String(decoding: bytes[piece], as: UTF8.self))
        }
        return pieces
    }

    @Test
    func rulesDifferWhereTheyShould() throws {
        let text = "It's 'S (x) 1234 \r\n\n  y"
        #expect(
            try Self.pieces(text, "gpt-2")
                == ["It", "'s", " '", "S", " (", "x", ")", " 1234", " \r\n\n ", " y"])
        #expect(
            try Self.pieces(text, "smollm")
                == ["It", "'s", " '", "S", " (", "x", ")", " ", "1", "2", "3", "4", " \r\n\n ", " y"])
        #expect(
            try Self.pieces(text, "llama-bpe")
                == ["It", "'s", " '", "S", " (", "x", ")", " ", "123", "4", " \r\n\n", " ", " y"])
        #expect(
            try Self.pieces(text, "qwen2")
                == ["It", "'s", " '", "S", " (", "x", ")", " ", "1", "2", "3", "4", " \r\n\n", " ", " y"])
    }

    @Test("Pieces are the text, in order, none empty", arguments: ReferenceTests.rules)
    func piecesCoverTheText(rule: String) throws {
        for text in try Fixture.shared.get().texts {
            let pieces = try Self.pieces(text, rule)
            #expect(Array(pieces.joined().utf8) == Array(text.utf8))
            #expect(!pieces.contains(""))
        }
    }

    @Test("The table says what the standard library says, up to the pinned Unicode version")
    func scalarClasses() {
        let classes = ScalarClasses.shared
        var wrong: [UInt32] = []
        for value in 0...UInt32(0x10FFFF) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            let isKnown = (properties.age?.major ?? .max) <= ScalarClasses.newestUnicodeMajorVersion
            let category = properties.generalCategory
            let isLetter = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]
                .contains(category)
            let isNumber = [.decimalNumber, .letterNumber, .otherNumber].contains(category)
            let found = classes.classOf(value)
            if found.contains(.letter) != (isKnown && isLetter) || found.contains(.number) != (isKnown && isNumber)
                || found.contains(.whitespace) != (isKnown && properties.isWhitespace)
            {
                wrong.append(value)
            }
        }
        #expect(wrong == [])
    }
}
