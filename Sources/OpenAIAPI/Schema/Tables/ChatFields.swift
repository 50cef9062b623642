import JSON

extension RequestSchema {
    /// `POST /v1/chat/completions`.
    public static let chatCompletion = RequestSchema(
        "CreateChatCompletionRequest",
        chatCore + .sampling + .stopping + .delivery + chatTemplating + chatHints + chatRefusals + .bookkeeping
            + .foreignExtensions)

    private static let chatCore: [Field] = [
        .required("model", .string(bytes: 1...256), "The name of a served model."),
        .required(
            "messages", .array(of: .chatMessage, count: 1...4096), "The conversation so far."),
        .honoured(
            "max_completion_tokens", .tokenCount(atLeast: 1),
            "The most tokens a reply may have; without it, whatever the context has room for."),
        .honoured("max_tokens", .tokenCount(atLeast: 1), "The older name of max_completion_tokens."),
        .honoured(
            "logprobs", .boolean, default: false, "Gives the log-probability of each token of the reply."),
        .honoured(
            "top_logprobs", .integer(0...20),
            "How many likeliest alternatives to list at each position; only together with logprobs."),
        .honoured(
            "tools", .array(of: .tool, count: 0...128), default: [],
            "Functions that the chat template shows to the model."
        ),
        .rejected(
            "tool_choice", .either([.choice(["none", "auto", "required"]), .record]), unless: ["none", "auto"],
            because: "The model cannot be forced to call a function, because replies cannot be constrained."),
        .rejected(
            "parallel_tool_calls", .boolean, unless: [true],
            because: "The number of calls in a reply cannot be constrained."),
        .honoured(
            "response_format",
            .tagged(
                by: "type",
                [
                    Variant("text", []),
                    Variant("json_object", [], effect: .rejected(reason: Reason.constrainedOutput, unless: [])),
                    Variant(
                        "json_schema", [.required("json_schema", .record)],
                        effect: .rejected(reason: Reason.constrainedOutput, unless: [])),
                ]),
            "The form of the reply; only text."),
    ]

    private static let chatTemplating: [Field] = [
        .honoured(
            "add_generation_prompt", .boolean,
            "Whether the prompt ends with the opening of an assistant's message; true unless the last message is "
                + "continued."),
        .honoured(
            "continue_final_message", .boolean, default: false,
            "Continues the last message, which must be the assistant's, instead of answering it."),
        .honoured(
            "chat_template_kwargs", .record, default: [:], "Variables for the chat template, such as enable_thinking."),
        .honoured(
            "reasoning_effort", .choice(["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
            "Handed to the chat template under the same name; a template that does not know it is not affected."),
        .rejected("chat_template", because: "Templates come from the model alone."),
        .rejected("documents", because: "Put documents into the messages."),
        .rejected(
            "add_special_tokens", .boolean, unless: [false], because: "The chat template writes all control tokens."),
        .rejected("echo", .boolean, unless: [false], because: "Use echo at /v1/completions."),
    ]

    /// Hints that cannot change what a correct reply is.
    private static let chatHints: [Field] = [
        .accepted(
            "metadata", .map(of: .string(bytes: 0...2048), keyBytes: 1...256, count: 0...16),
            because: "It labels stored completions, and nothing is stored."),
        .accepted(
            "safety_identifier", .string(bytes: 0...256),
            because: "It identifies an end user to OpenAI's abuse checks; there are none here."),
        .accepted(
            "prompt_cache_retention", .choice(["in_memory", "24h"]),
            because: "How long a prefix is kept is the server's decision."),
        .accepted("prompt_cache_options", .record, because: "How long a prefix is kept is the server's decision."),
        .accepted("prediction", .record, because: "It may speed a reply up and never changes it."),
    ]

    private static let chatRefusals: [Field] = [
        .rejected(
            "functions", because: "It is the older form of tools; use tools."),
        .rejected(
            "function_call", .either([.choice(["none", "auto"]), .record]), unless: ["none", "auto"],
            because: "It is the older form of tool_choice; use tools and tool_choice."),
        .rejected(
            "modalities", .array(of: .choice(["text", "audio"]), count: 1...2), unless: [["text"]],
            because: Reason.textOnly),
        .rejected("audio", because: Reason.textOnly),
        .rejected("web_search_options", because: "The server makes no connections to the outside."),
        .rejected("moderation", because: "There is no moderation model."),
        .rejected("store", .boolean, unless: [false], because: "Completions are not stored."),
        .rejected(
            "verbosity", .choice(["low", "medium", "high"]), unless: ["medium"],
            because: "Ask for the length that you want in a message."),
    ]
}
