import JSON

extension Shape {
    /// A message of a chat, whose members depend on who speaks.
    static let chatMessage = Shape.named(
        "ChatMessage",
        .tagged(
            by: "role",
            [
                Variant("system", [.required("content", textContent), name]),
                Variant("developer", [.required("content", textContent), name], "The newer name of system."),
                Variant("user", [.required("content", userContent), name]),
                Variant("assistant", assistant),
                Variant(
                    "tool",
                    [.required("content", textContent), .required("tool_call_id", .string(bytes: 1...256)), name]),
                Variant(
                    "function", [.honoured("content", .text), .required("name", .string(bytes: 1...256))],
                    "The older form of tool."),
            ]))

    private static let name = Field.honoured(
        "name", .string(bytes: 0...256), "Tells participants of the same role apart, if the chat template does.")

    private static let assistant: [Field] = [
        .honoured(
            "content", assistantContent, "May be missing if the message calls functions or is a refusal."),
        name,
        .honoured("refusal", .text),
        .honoured("reasoning_content", .text, "The thinking that led to the message, for templates that show it."),
        .honoured("reasoning", .text, "Another name of reasoning_content."),
        .honoured("tool_calls", .array(of: toolCall, count: 0...128)),
        .honoured("function_call", .object(call), "The older form of one tool call."),
        .accepted(
            "annotations", .array(of: .record, count: 0...4096),
            because: "They are part of what OpenAI replies and mean nothing in a prompt."),
        .rejected("audio", because: Reason.textOnly),
    ]

    private static let call: [Field] = [
        .required("name", .identifier),
        .required("arguments", .text, "JSON text."),
    ]

    private static let toolCall = Shape.tagged(
        by: "type",
        [
            Variant(
                "function",
                [
                    .required("id", .string(bytes: 1...256)),
                    .required("function", .object(call)),
                    .accepted("index", .tokenCount(atLeast: 0), because: "It numbers the pieces of a stream."),
                ]),
            Variant(
                "custom",
                [.required("id", .string(bytes: 1...256)), .required("custom", .record)],
                effect: .rejected(reason: "Only function calls are supported.", unless: [])),
        ])

    private static func content(_ parts: [Variant]) -> Shape {
        .either([.text, .array(of: .tagged(by: "type", parts), count: 1...4096)])
    }

    private static let textPart = Variant(
        "text",
        [
            .required("text", .text),
            .accepted("cache_control", .record, because: "How long a prefix is kept is the server's decision."),
            .accepted(
                "prompt_cache_breakpoint", .record, because: "How long a prefix is kept is the server's decision."),
        ])

    /// A text, or parts of it.
    static let textContent = Shape.named("TextContent", content([textPart]))
    private static let assistantContent = content([
        textPart, Variant("refusal", [.required("refusal", .text)]),
    ])
    private static let userContent = content(
        [textPart]
            + ["image_url", "input_audio", "file", "video_url"].map { kind in
                Variant(
                    kind, [.honoured(kind, .any)], effect: .rejected(reason: Reason.textOnly, unless: []))
            })

    /// A function that the model may call.
    static let tool = Shape.named(
        "ChatTool",
        .tagged(
            by: "type",
            [
                Variant(
                    "function",
                    [
                        .required(
                            "function",
                            .object([
                                .required("name", .identifier),
                                .honoured("description", .text),
                                .honoured("parameters", .record, "A JSON schema, shown to the model as it stands."),
                                .rejected(
                                    "strict", .boolean, unless: [false],
                                    because: "Arguments cannot be constrained to the schema."),
                            ]))
                    ]),
                Variant(
                    "custom", [.required("custom", .record)],
                    effect: .rejected(reason: "Only function tools are supported.", unless: [])),
            ]))
}
