import Testing

@testable import Tokenization

@Suite("Regular expressions")
struct RegularExpressionTests {
    private static func matches(_ expression: String, _ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        var found: [String] = []
        try RegularExpression(expression).forEachMatch(in: bytes.span, bytes.indices) {
            found.append(String(decoding: bytes[$0], as: UTF8.self))
        }
        return found
    }

    @Test(
        arguments: [
            (#"a|ab"#, "ab", ["a"]), (#"a+?"#, "aaa", ["a", "a", "a"]), (#"a*?b"#, "aab", ["aab"]),
            (#"a++b"#, "aaab", ["aaab"]), (#"a++a"#, "aaa", []), (#"a?+a"#, "a", []), (#"[^a]+"#, "bcad", ["bc", "d"]),
            (#"a{2}"#, "aaaaa", ["aa", "aa"]), (#"a{1,3}"#, "aaaaa", ["aaa", "aa"]), (#"a{2,}"#, "a aaaa", ["aaaa"]),
            (#"\s+(?!\S)|\s"#, "a   b", ["  ", " "]), (#"x(?=y)"#, "xyxz", ["x"]), (#"(?<!a)b"#, "abbb", ["b", "b"]),
            (#"(?i:abc|ſ)"#, "ABC s", ["ABC", "s"]), (#"(?i)k"#, "\u{212A}", ["\u{212A}"]),
            (#"\bthe\b"#, "the then", ["the"]),
            (#"[\p{L}&&[^a-c]]+"#, "abxyzc", ["xyz"]), (#"\p{Han}+"#, "a漢字b", ["漢字"]),
            (#"[[:alpha:]]+"#, "a1é", ["a", "é"]),
            (#"\x41\u0042\x{43}"#, "ABC", ["ABC"]), (#"[\]\-a]+"#, "]-a", ["]-a"]), (#"[a-]+"#, "a-b", ["a-"]),
            (#"\P{L}+"#, "a12b", ["12"]), (#"^a"#, "a\na", ["a", "a"]), (#"a$"#, "a\na", ["a", "a"]),
            (#"(ab|a)(bc)?"#, "abc", ["ab"]),
            (#"\w+|[^\w\s]+"#, "㍿½Ａ ½a", ["㍿½", "Ａ", "½a"]), (#"\W+"#, "㍿½", ["㍿"]),
            (#"a{,2}"#, "aaa", ["aa", "a"]), (#"a{x}"#, "a{x}", ["a{x}"]),
        ] as [(String, String, [String])])
    func findsWhatItShould(expression: String, text: String, expected: [String]) throws {
        #expect(try Self.matches(expression, text) == expected)
    }

    @Test(arguments: [
        #"(a"#, #"a)"#, #"[a"#, #"*a"#, #"(a)\1"#, #"(?>a+)"#, #"(a*)*"#, #"\p{Nope}"#, #"a{3,1}"#, #"\"#, #"(ab)++"#,
        #"a{9999}"#, #"(){1000}{1000}"#, #"((((){1000}){1000}){1000}){1000}"#,
        "a" + String(repeating: "?", count: 100_000),
        "a" + String(repeating: "{1}", count: 50_000), String(repeating: "(", count: 50_000),
    ])
    func refuses(expression: String) {
        #expect(throws: TokenizerError.self) { try RegularExpression(expression) }
    }

    /// Steps for each byte stay below a bound that does not grow with the text.
    @Test(
        arguments: [
            #"a{1,3}(?=(?:a{3})*(?!a))"#, #"a(?=(?:a|aa)*$)"#, #"a*b"#, #"(?:a|aa)+b"#, #"(?:a+)+b"#, #"a+(?=a*b)|a"#,
            #"\s+(?!\S)|\s+"#, #"(?:x|a)*?(?:a|b)*c"#, #"a++b"#,
            #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{M}]*[\p{Ll}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{M}]+[\p{Ll}\p{M}]*|\s*[\r\n]+|\s+"#,
        ])
    func stepsAreLinear(expression: String) throws {
        let expression = try RegularExpression(expression)
        for unit in ["a", " ", "\u{301}", "ab", "A", " \n"] {
            let perByte = [1000, 8000].map { count in
                let bytes = Array(String(repeating: unit, count: count).utf8)
                var search = ExpressionSearch(expression, range: bytes.indices)
                var place = 0
                while place < bytes.count {
                    let end = search.match(in: bytes.span, at: place) ?? place
                    place = end > place ? end : bytes.span.scalar(at: place).next
                }
                return Double(search.steps) / Double(bytes.count)
            }
            #expect(perByte[1] < perByte[0] * 1.5 + 1, "\(unit.debugDescription): \(perByte)")
        }
    }
}
