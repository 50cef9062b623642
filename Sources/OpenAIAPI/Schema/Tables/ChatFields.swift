import JSON

extension RequestSchema {
    /// `POST /v1/chat/completions`.
    public static let chatCompletion = RequestSchema(
        "CreateChatCompletionRequest",
        [.model] + .conversation + chatReply + .sampling + .stopping + .delivery + chatHints + chatRefusals
            + .bookkeeping + .foreignExtensions)

    private static let chatReply: [Field] = [
        .honoured(
            "max_completion_tokens", .tokenCount(atLeast: 1),
            "The most tokens a reply may have; without it, whatever the context has room for."),
        .honoured("max_tokens", .tokenCount(atLeast: 1), "The older name of max_completion_tokens."),
        .honoured(
            "logprobs", .boolean, default: false, "Gives the log-probability of each token of the reply."),
        .honoured(
            "top_logprobs", .integer(0...20),
            "How many likeliest alternatives to list at each position; only together with logprobs."),
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

    /// Hints that cannot change what a correct reply is.
    private static let chatHints: [Field] = [
        .accepted(
            "metadata", .map(of: .characters(0...512), keyCharacters: 1...64, count: 0...16),
            because: "It labels stored completions, and nothing is stored."),
        .accepted(
            "store", .boolean,
            because: "It changes nothing about the reply. Nothing is stored, so no completion can be fetched later."),
        .accepted(
            "verbosity", .choice(["low", "medium", "high"]),
            because: "It is a hint to models that were trained on it. Ask for the length that you want in a message."),
        .accepted(
            "safety_identifier", .string(bytes: 0...256),
            because: "It identifies an end user to OpenAI's abuse checks; there are none here."),
        .accepted(
            "prompt_cache_retention", .choice(["in_memory", "24h"]),
            because: "How long a prefix is kept is the server's decision."),
        .accepted("prompt_cache_options", .record, because: "How long a prefix is kept is the server's decision."),
        .accepted(
            "prediction", .tagged(by: "type", [Variant("content", [.required("content", .textContent)])]),
            because: "It may speed a reply up and never changes it."),
    ]

    private static let chatRefusals: [Field] = [
        .rejected("chat_template", because: "Templates come from the model alone."),
        .rejected("documents", because: "Put documents into the messages."),
        .rejected(
            "add_special_tokens", .boolean, unless: [false], because: "The chat template writes all control tokens."),
        .rejected("echo", .boolean, unless: [false], because: "Use echo at /v1/completions."),
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
    ]
}
