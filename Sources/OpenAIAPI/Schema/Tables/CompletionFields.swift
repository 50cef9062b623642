import JSON

extension RequestSchema {
    /// `POST /v1/completions`.
    public static let completion = RequestSchema(
        "CreateCompletionRequest",
        completionCore + .sampling + .stopping + .delivery + .bookkeeping + .foreignExtensions)

    private static let completionCore: [Field] = [
        .model,
        .required(
            "prompt",
            .either([
                .text,
                .array(of: .text, count: 1...2048),
                .array(of: .tokenID, count: 1...Int(Int32.max)),
                .array(of: .array(of: .tokenID, count: 1...Int(Int32.max)), count: 1...2048),
            ]),
            "One text, several texts, the token ids of one prompt, or those of several."),
        .honoured(
            "max_tokens", .tokenCount(atLeast: 0), default: 16,
            "The most tokens a reply may have; 0, together with echo, only scores the prompt."),
        .honoured("echo", .boolean, default: false, "Puts the prompt before the reply."),
        .honoured(
            "logprobs", .integer(0...5),
            "Gives the log-probability of each token, and of this many likeliest alternatives."),
        .honoured(
            "best_of", .integer(1...20),
            "Generates this many replies and returns the n with the highest log-probability per token."),
        .honoured(
            "suffix", .text,
            "The text after a gap that the reply fills, for models that have tokens for it; not together with echo."),
        .rejected(
            "add_special_tokens", .boolean, unless: [true],
            because: "A prompt given as text begins as the model expects; give token ids to decide it yourself."),
    ]
}
