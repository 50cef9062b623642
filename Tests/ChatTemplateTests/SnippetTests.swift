import ChatTemplate
import Foundation
import JSON
import OrderedCollections
import Testing

/// Snippets of the language against what Jinja2 makes of them, written by `scripts/fixtures/make_template_fixture.py`.
struct SnippetTests {
    static func fixture() throws -> JSONValue {
        let url = try #require(
            Bundle.module.url(forResource: "snippets", withExtension: "json", subdirectory: "Fixtures"))
        return try JSONValue(parsing: try Data(contentsOf: url))
    }

    @Test func renderAsJinjaDoes() throws {
        let fixture = try Self.fixture()
        let context = TemplateContext(
            messages: [], bosToken: "<s>", eosToken: "</s>", extra: try #require(fixture["context"]?.objectValue),
            now: CivilDateTime(year: 2026, month: 3, day: 4, hour: 5, minute: 6, second: 7))
        let snippets = try #require(fixture["snippets"]?.arrayValue)
        #expect(snippets.count > 300)
        for snippet in snippets {
            let source = try #require(snippet["template"]?.stringValue)
            let outcome = Result { try ChatTemplate(source: source).render(context) }
            switch (outcome, snippet["text"]?.stringValue) {
            case (.success(let prompt), let text?):
                #expect(Array(prompt.text.utf8) == Array(text.utf8), "\(source)\ngives \(prompt.text)\nnot   \(text)")
            case (.failure(let error), nil):
                try checkError(error, snippet, source)
            case (.success(let prompt), nil):
                Issue.record("\(source)\ngives \(prompt.text)\nnot an error")
            case (.failure(let error), let text?):
                Issue.record("\(source)\nfails with \(error)\ninstead of \(text)")
            }
        }
    }

    /// Errors of compilation must be found before rendering, and the template's own messages must come through.
    private func checkError(_ error: any Error, _ snippet: JSONValue, _ source: String) throws {
        let error = try #require(error as? TemplateError)
        let expected = try #require(snippet["error"]?.stringValue)
        if expected.hasPrefix("compile: ") {
            #expect(throws: TemplateError.self, "\(source) should not compile") { try ChatTemplate(source: source) }
        }
        if expected.hasPrefix("raised: ") {
            #expect(error.kind == .raised)
            #expect("raised: " + error.message == expected)
        }
        if expected == "UndefinedError" { #expect(error.kind == .undefined, "\(source): \(error)") }
        if expected == "SecurityError" { #expect(error.kind == .security, "\(source): \(error)") }
        if expected == "TypeError" {
            #expect(error.kind == .type || error.kind == .syntax, "\(source): \(error.kind) \(error)")
        }
    }
}
