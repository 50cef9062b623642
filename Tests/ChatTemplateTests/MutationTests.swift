import ChatTemplate
import JSON
import OrderedCollections
import Testing

/// Mutated templates may fail, but only with an error.
struct MutationTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static let pieces = [
        "{%", "%}", "{{", "}}", "{#", "#}", "-", "+", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "=", "'", "\"",
        "\\", " if ", " else ", " in ", " is ", " not ", " and ", "for", "endfor", "set", "macro", "call", "loop", "x",
        "0", "1e9", "99999999999", "~", "*", "**", "//", "%", "é", "\u{2028}", "\r\n", "\0", "recursive", "none",
        "|map('", "|tojson", "|list", "namespace(", "ns.x", "{% raw %}", "{% endraw %}", ".format(", "|batch(", "*a",
    ]

    @Test func mutationsNeverCrash() throws {
        let fixture = try SnippetTests.fixture()
        let variables = try #require(fixture["context"]?.objectValue)
        let sources = try #require(fixture["snippets"]?.arrayValue).compactMap { $0["template"]?.stringValue }
        var generator = Generator(state: 42)
        var limits = patient
        limits.steps = 20_000
        var compiled = 0
        for round in 0..<6000 {
            let source = Self.mutated(sources, &generator)
            if failure(source, round % 2 == 0 ? variables : [:], limits: limits) == nil { compiled += 1 }
        }
        // Otherwise the mutations are too wild to reach the evaluator.
        #expect(compiled > 500)
    }

    /// Every prefix of a template is a template or an error.
    @Test func prefixesNeverCrash() throws {
        let sources = try #require(try SnippetTests.fixture()["snippets"]?.arrayValue)
            .compactMap { $0["template"]?.stringValue }.filter { $0.utf8.count < 120 }
        for source in sources {
            for end in source.indices { _ = failure(String(source[..<end])) }
        }
    }

    private static func mutated(_ sources: [String], _ generator: inout Generator) -> String {
        var scalars = Array((sources.randomElement(using: &generator) ?? "").unicodeScalars)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let position = Int.random(in: 0...scalars.count, using: &generator)
            let end = min(position + Int.random(in: 0...6, using: &generator), scalars.count)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: scalars.removeSubrange(position..<end)
            case 1: scalars.insert(contentsOf: scalars[position..<end], at: position)
            case 2:
                let other = Array((sources.randomElement(using: &generator) ?? "").unicodeScalars)
                scalars.insert(contentsOf: other.prefix(40), at: position)
            default:
                scalars.insert(contentsOf: (pieces.randomElement(using: &generator) ?? "").unicodeScalars, at: position)
            }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}
