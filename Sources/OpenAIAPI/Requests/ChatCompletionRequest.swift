public import JSON
public import OrderedCollections

/// The body of `POST /v1/chat/completions`, checked.
public struct ChatCompletionRequest: Sendable {
    /// Whether the model may call the tools it is shown.
    public enum ToolChoice: String, Hashable, Sendable {
        case none
        case auto
    }

    public var model: String
    /// The conversation in the form that chat templates expect: content is a string (or null in a message that
    /// calls functions), roles are `system`, `user`, `assistant` and `tool`, arguments of calls are objects.
    public var messages: [JSONValue]
    /// Function tools as the caller wrote them, at most 128.
    public var tools: [JSONValue]
    public var toolChoice: ToolChoice
    public var sampling: SamplingOptions
    public var stopping: StoppingOptions
    public var service: ServiceOptions
    /// Nil for a whole reply.
    public var stream: StreamOptions?
    /// Replies to generate.
    public var choices: Int
    /// Nil for none; otherwise how many alternatives, 0...20, to list beside each token.
    public var logprobs: Int?
    /// Whether the prompt ends with the opening of an assistant's message.
    public var addsGenerationPrompt: Bool
    /// Whether the last message, which is then the assistant's, is continued.
    public var continuesFinalMessage: Bool
    /// Variables for the chat template that the caller chose, `reasoning_effort` included. They are not yet held
    /// against the server's list of allowed names.
    public var templateVariables: JSONObject

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.chatCompletion.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.chatCompletion.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.requiredString("model")
        messages = try ChatMessages.forTemplate(arguments.array("messages"))
        tools = arguments.array("tools")
        toolChoice =
            arguments["tool_choice"]?.stringValue.flatMap(ToolChoice.init) ?? (tools.isEmpty ? .none : .auto)
        sampling = SamplingOptions(arguments)
        stopping = try StoppingOptions(arguments, maxTokens: Self.maxTokens(arguments))
        service = ServiceOptions(arguments)
        stream = try StreamOptions(arguments)
        choices = arguments.integer("n")
        logprobs = try Self.logprobs(arguments)
        continuesFinalMessage = arguments.boolean("continue_final_message")
        addsGenerationPrompt = arguments.optionalBoolean("add_generation_prompt") ?? !continuesFinalMessage
        templateVariables = arguments["chat_template_kwargs"]?.objectValue ?? [:]
        if let effort = arguments["reasoning_effort"] { templateVariables["reasoning_effort"] = effort }
        try checkEnding()
    }

    private static func maxTokens(_ arguments: Arguments) throws(APIError) -> Int? {
        let newer = arguments.optionalInteger("max_completion_tokens")
        let older = arguments.optionalInteger("max_tokens")
        if let newer, let older, newer != older {
            throw .invalidValue(
                param: "max_tokens",
                "'max_tokens' is the older name of 'max_completion_tokens'; they must not differ in one request.")
        }
        return newer ?? older
    }

    private static func logprobs(_ arguments: Arguments) throws(APIError) -> Int? {
        let alternatives = arguments.optionalInteger("top_logprobs")
        guard arguments.boolean("logprobs") else {
            if let alternatives, alternatives > 0 {
                throw .invalidValue(
                    param: "top_logprobs", "The 'top_logprobs' parameter needs 'logprobs' to be true.")
            }
            return nil
        }
        return alternatives ?? 0
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
