import JSON

extension [Field] {
    /// What becomes a prompt by a model's chat template.
    static let conversation: [Field] = [
        .required("messages", .array(of: .chatMessage, count: 1...4096), "The conversation so far."),
        .honoured(
            "tools", .array(of: .tool, count: 0...128), default: [],
            "Functions that the chat template shows to the model."
        ),
        .rejected(
            "tool_choice", .either([.choice(["none", "auto", "required"]), .record]), unless: ["none", "auto"],
            because: "The model cannot be forced to call a function, because replies cannot be constrained."),
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
    ]
}
