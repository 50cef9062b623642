import ChatTemplate
import Engine
import JSON
import OpenAIAPI
import OrderedCollections
import Telemetry
import Tokenization

/// A model that is ready to serve: its engine, its tokeniser and its chat template.
struct LoadedModel: Sendable {
    /// The name that requests use.
    let id: String
    let engine: Engine
    let tokenizer: Tokenizer
    /// Nil when the file has none; chat is then refused with an error that says so.
    let chatTemplate: ChatTemplate?
    /// Unix seconds of the model file's last change.
    let created: Int
    let metrics: ModelMetrics
    /// Names build and model file in replies.
    let fingerprint: String
    /// How long a request may take, whatever it asks for.
    let longestRequest: Duration
    /// Bytes of the packed weights.
    let weightByteCount: Int
    /// What it computes of whole texts.
    var texts = TextAbilities()
    /// How tokens are chosen where a request doesn't say.
    var samplingDefaults = SamplingDefaults()

    var contextLength: Int { engine.contextLength }

    var check: RequestCheck {
        RequestCheck(
            vocabularySize: tokenizer.vocabularySize, contextLength: engine.contextLength,
            maximumSequences: engine.configuration.maximumLiveSequences,
            maximumPromptTokens: engine.configuration.maximumWaitingTokens)
    }

    var description: Model {
        Model(
            id: id, created: created, ownedBy: "needletail",
            contextLength: min(contextLength, texts.longestText), abilities: abilities,
            samplingDefaults: engine.canGenerate ? samplingDefaults : nil)
    }

    private var abilities: Model.Abilities {
        Model.Abilities(
            chat: engine.canGenerate && chatTemplate != nil, completion: engine.canGenerate,
            infill: engine.canGenerate && tokenizer.infill != nil, embeddings: texts.embedding != nil,
            scoring: texts.canScore, classification: texts.classifier != nil, fillMask: texts.mask != nil)
    }

    /// - Throws: 501 if the model does not generate.
    func checkGenerates() throws(APIError) {
        guard engine.canGenerate else {
            throw .notImplemented(param: "model", "The model `\(id)` generates no text.")
        }
    }

    /// The prompt of a conversation.
    func prompt(of conversation: Conversation) throws(APIError) -> [TokenID] {
        let fragments = try promptFragments(of: conversation)
        try check.check(byteCount: fragments.reduce(0) { $0 + $1.text.utf8.count }, param: "messages")
        return tokenizer.encode(fragments, addSpecial: false)
    }

    /// The prompt of a conversation as text.
    ///
    /// Only what the template itself wrote may become control tokens; text from the request stays text.
    func promptFragments(of conversation: Conversation) throws(APIError) -> [TextFragment] {
        try checkGenerates()
        guard let chatTemplate else {
            throw .invalidValue(
                param: "model", code: "model_not_supported",
                "The model `\(id)` has no chat template; use /v1/completions with it.")
        }
        try TemplateVariables.check(conversation.templateVariables)
        let rendered = try render(conversation, with: chatTemplate)
        guard conversation.continuesFinalMessage else { return rendered.textFragments }
        return try Self.cutAfter(
            conversation.messages.last?["content"]?.stringValue ?? "", rendered.textFragments)
    }

    /// Renders a conversation; if the template cannot take a message without content, with empty content instead.
    ///
    /// OpenAI replies with `"content": null` beside `tool_calls`, and clients send that back. Templates made for tools
    /// tell null from a text, so it comes first; others append it to a text, which fails.
    private func render(
        _ conversation: Conversation, with template: ChatTemplate
    ) throws(APIError) -> RenderedPrompt {
        do throws(TemplateError) {
            return try template.render(context(conversation, conversation.messages))
        } catch {
            let filled = conversation.messages.map(Self.withContent)
            if filled != conversation.messages, let rendered = try? template.render(context(conversation, filled)) {
                return rendered
            }
            throw .invalidValue(param: "messages", "The model's chat template refused the conversation: \(error)")
        }
    }

    private func context(_ conversation: Conversation, _ messages: [JSONValue]) -> TemplateContext {
        let showsTools = !conversation.tools.isEmpty && conversation.toolChoice != .none
        return TemplateContext(
            messages, for: tokenizer, tools: showsTools ? conversation.tools : nil,
            addGenerationPrompt: conversation.addsGenerationPrompt, extra: conversation.templateVariables)
    }

    private static func withContent(_ message: JSONValue) -> JSONValue {
        guard var members = message.objectValue, members["content"]?.isNull ?? true else { return message }
        members["content"] = ""
        return .object(members)
    }

    /// Drops what the template wrote after the final message's text, so that the model continues that message.
    ///
    /// The last text that came from the request must be that message's, perhaps trimmed: a template that leaves the
    /// message out, or a message without text, would make the model continue another one.
    static func cutAfter(_ finalText: String, _ fragments: [TextFragment]) throws(APIError) -> [TextFragment] {
        guard let last = fragments.lastIndex(where: { !$0.parseSpecial }), finalText.contains(fragments[last].text)
        else {
            throw .invalidValue(
                param: "continue_final_message",
                "'continue_final_message' needs a final message whose text the model's chat template shows.")
        }
        return Array(fragments[...last])
    }
}
