import ChatTemplate
import Foundation
import Glibc
import JSON
import OrderedCollections
import Testing

/// Chat templates of published models against what Jinja2 makes of them. The templates are other people's work and
/// no part of this repository: the folder that holds them, with `expected.json`, is named by an environment variable.
struct PublishedTemplateTests {
    static let folder = getenv("NEEDLETAIL_CHAT_TEMPLATES").map { String(cString: $0) }

    struct Expectations {
        var context: JSONValue
        var cases: JSONObject
        var expected: JSONObject
    }

    static func expectations(in folder: String) throws -> Expectations {
        let bytes = try Data(contentsOf: URL(filePath: folder + "/expected.json"))
        let json = try JSONValue(parsing: bytes)
        return Expectations(
            context: try #require(json["context"]), cases: try #require(json["cases"]?.objectValue),
            expected: try #require(json["expected"]?.objectValue))
    }

    @Test(.enabled(if: folder != nil, "NEEDLETAIL_CHAT_TEMPLATES does not name a folder"))
    func renderAsJinjaDoes() throws {
        let folder = try #require(Self.folder)
        let expectations = try Self.expectations(in: folder)
        for (name, outcomes) in expectations.expected {
            let source = try String(contentsOf: URL(filePath: "\(folder)/\(name).jinja"), encoding: .utf8)
            let template = try ChatTemplate(source: source)
            for (caseName, outcome) in try #require(outcomes.objectValue) {
                let context = try Self.context(
                    try #require(expectations.cases[caseName]), tokens: expectations.context)
                check(template, context, against: outcome, "\(name), \(caseName)")
            }
        }
    }

    private func check(
        _ template: ChatTemplate, _ context: TemplateContext, against outcome: JSONValue, _ name: String
    ) {
        do throws(TemplateError) {
            let prompt = try template.render(context)
            if let text = outcome["text"]?.stringValue {
                #expect(Array(prompt.text.utf8) == Array(text.utf8), "\(name)")
            } else {
                Issue.record("\(name): expected an error, got \(prompt.text)")
            }
        } catch {
            guard let message = outcome["error"]?.stringValue else {
                Issue.record("\(name): \(error)")
                return
            }
            if error.kind == .raised { #expect(error.message == message, "\(name)") }
        }
    }

    private static func context(_ request: JSONValue, tokens: JSONValue) throws -> TemplateContext {
        var extra = try #require(request.objectValue)
        let messages = extra.removeValue(forKey: "messages")?.arrayValue
        let tools = extra.removeValue(forKey: "tools")?.arrayValue
        let addGenerationPrompt = extra.removeValue(forKey: "add_generation_prompt")?.boolValue
        let now = try #require(tokens["now"]?.stringValue).split { !$0.isNumber }.compactMap { Int($0) }
        return TemplateContext(
            messages: try #require(messages), tools: tools, addGenerationPrompt: addGenerationPrompt ?? true,
            bosToken: try #require(tokens["bos_token"]?.stringValue),
            eosToken: try #require(tokens["eos_token"]?.stringValue), extra: extra,
            now: CivilDateTime(
                year: now[0], month: now[1], day: now[2], hour: now[3], minute: now[4], second: now[5]))
    }
}
