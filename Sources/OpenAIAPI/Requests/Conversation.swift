public import JSON
public import OrderedCollections

/// What a chat template makes a prompt of.
public struct Conversation: Sendable {
    /// Whether the model may call the tools it is shown.
    public enum ToolChoice: String, Hashable, Sendable {
        case none
        case auto
    }

    /// The messages in the form that chat templates expect: content is a string (or null in a message that calls
    /// functions), roles are `system`, `user`, `assistant` and `tool`, arguments of calls are objects.
    public var messages: [JSONValue]
    /// Function tools as the caller wrote them, at most 128.
    public var tools: [JSONValue]
    public var toolChoice: ToolChoice
    /// Whether the prompt ends with the opening of an assistant's message.
    public var addsGenerationPrompt: Bool
    /// Whether the last message, which is then the assistant's, is continued.
    public var continuesFinalMessage: Bool
    /// Variables for the chat template that the caller chose, `reasoning_effort` included. They are not yet held
    /// against the server's list of allowed names.
    public var templateVariables: JSONObject

    init(_ arguments: Arguments) throws(APIError) {
        messages = try ChatMessages.forTemplate(arguments.array("messages"))
        tools = arguments.array("tools")
        toolChoice =
            arguments["tool_choice"]?.stringValue.flatMap(ToolChoice.init) ?? (tools.isEmpty ? .none : .auto)
        continuesFinalMessage = arguments.boolean("continue_final_message")
        addsGenerationPrompt = arguments.optionalBoolean("add_generation_prompt") ?? !continuesFinalMessage
        templateVariables = arguments["chat_template_kwargs"]?.objectValue ?? [:]
        if let effort = arguments["reasoning_effort"] { templateVariables["reasoning_effort"] = effort }
        try checkEnding()
    }

    private func checkEnding() throws(APIError) {
        guard continuesFinalMessage else { return }
        if addsGenerationPrompt {
            throw .invalidValue(
                param: "add_generation_prompt",
                "'add_generation_prompt' and 'continue_final_message' must not both be true.")
        }
        guard messages.last?["role"] == "assistant", messages.last?["content"]?.stringValue != nil else {
            throw .invalidValue(
                param: "continue_final_message",
                "'continue_final_message' needs the last message to be an assistant's message with content.")
        }
    }
}
