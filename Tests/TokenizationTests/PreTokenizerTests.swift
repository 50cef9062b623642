import Testing

@testable import Tokenization

@Suite("Splitting rules")
struct PreTokenizerTests {
    private static func pieces(_ text: String, _ rule: String) throws -> [String] {
        try bytePieces(text, rule).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func bytePieces(_ text: String, _ rule: String) throws -> [[UInt8]] {
        let rules = try PreTokenizerRules.named(rule)
        let bytes = Array(text.utf8)
        guard rules.steps.isEmpty else {
            var list = PieceList(text: bytes, pieces: [bytes.indices], isBeginning: true)
            for step in rules.steps { step.apply(to: &list) }
            return list.pieces.map { Array(list.text[$0]) }
        }
        let splitter = PreTokenizer(stages: rules.stages)
        var cursor = splitter.cursor(over: bytes.indices)
        var pieces: [[UInt8]] = []
        while let piece = splitter.next(&cursor, in: bytes.span) {
            pieces.append(Array(bytes[piece]))
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

    @Test
    func stagesNest() throws {
        #expect(
            try Self.pieces(" Ab中文, x12\n\n\"q\"  ", "deepseek-llm")
                == [" Ab", "中文", ",", " x", "1", "2", "\n", "\n", "\"", "q", "\"", "  "])
        #expect(try Self.pieces("a  中", "deepseek-llm") == ["a", "  ", "中"])
        #expect(try Self.pieces("ſ ªb", "deepseek-llm") == ["ſ", " ª", "b"])
        #expect(try Self.pieces("12345 1234567", "falcon") == ["123", "45", " ", "123", "456", "7"])
        #expect(try Self.pieces("a`$b", "falcon") == ["a", "`$", "b"])
        #expect(try Self.pieces("a`$b", "default") == ["a", "`", "$", "b"])
    }

    @Test
    func rulesOfSteps() throws {
        #expect(try Self.pieces("a 1234567 12b", "tiny_aya") == ["a", " ", "1", "234", "567", " ", "12", "b"])
        #expect(try Self.pieces("x 1234中文 y", "afmoe") == ["x", " ", "1", "234", "中文", " y"])
        #expect(try Self.pieces("a 12345", "minicpm5") == ["a", " ", "123", "45"])
        #expect(
            try Self.pieces("a" + String(repeating: " ", count: 11) + "b", "jais-2") == ["a"]
                + [8, 2].map {
                    String(repeating: " ", count: $0)
                } + [" b"])
        #expect(try Self.pieces("it's one two  3", "exaone-moe") == ["it", "'s", " one two", " ", " ", "3"])
        #expect(try Self.pieces("a\n\n b", "laguna") == ["a", "\n\n", " b"])
        #expect(try Self.pieces("Ankara'dan", "ufakzeka") == ["Ankara", "'dan"])
        #expect(try Self.pieces("It's", "qwen2") == ["It", "'s"])
    }

    @Test(
        "Pieces are the text, in order, none empty",
        arguments: ReferenceTests.rules + ReferenceTests.lessCommonRules + RulesOfSteps.names)
    func piecesCoverTheText(rule: String) throws {
        for text in try Fixture.shared.get().texts {
            let pieces = try Self.bytePieces(text, rule)
            #expect(pieces.flatMap { $0 } == Array(text.utf8))
            #expect(!pieces.contains([]))
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

/// The rules that are lists of steps.
private enum RulesOfSteps {
    static let names = [
        "deepseek-v3", "bloom", "viking", "seed-coder", "bailingmoe", "superbpe", "kimi-k2", "tiny_aya", "afmoe",
        "minicpm5", "jais-2", "exaone-moe", "laguna", "ufakzeka",
    ]
}
