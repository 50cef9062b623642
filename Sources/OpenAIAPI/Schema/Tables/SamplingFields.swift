import JSON

extension [Field] {
    /// How the next token is chosen; the same for chats and text completions.
    static let sampling: [Field] = [
        .honoured(
            "temperature", .number(0...2), default: 1,
            "Divides the logits before sampling; 0 always takes the likeliest token."),
        .honoured(
            "top_p", .number(0...1), default: 1,
            "Keeps the likeliest tokens up to this probability mass; 0 keeps one token."),
        .honoured(
            "top_k", .integer(-1...Int(Int32.max)), default: 0,
            "Keeps this many of the likeliest tokens; 0 and -1 keep all."),
        .honoured(
            "min_p", .number(0...1), default: 0,
            "Drops tokens whose probability is below this share of the likeliest token's."),
        .honoured(
            "typical_p", .number(0...1), default: 1,
            "Locally typical sampling up to this probability mass; 1 turns it off."),
        .honoured(
            "repetition_penalty", .number(0.01...10), default: 1,
            "Divides positive and multiplies negative logits of tokens seen in prompt or reply; 1 turns it off."),
        .honoured(
            "presence_penalty", .number(-2...2), default: 0,
            "Subtracted once from the logit of every token that the reply already holds."),
        .honoured(
            "frequency_penalty", .number(-2...2), default: 0,
            "Subtracted from a token's logit once for each time that the reply already holds it."),
        .honoured(
            "logit_bias", .tokenMap(of: .number(-100...100), count: 0...1024),
            "Added to the logits of tokens, which are named by their ids."),
        .honoured(
            "seed", .integer(Int.min...Int.max),
            "Starts the random numbers; the same seed and request give the same reply."),
    ]

    /// When a reply ends.
    static let stopping: [Field] = [
        .honoured(
            "stop",
            .either([.string(bytes: 1...256), .array(of: .string(bytes: 1...256), count: 0...4)]),
            "Texts that end the reply where they begin; they are not part of it."),
        .honoured(
            "stop_token_ids", .array(of: .tokenID, count: 0...128), default: [],
            "Tokens that end the reply and are not part of it."),
        .honoured(
            "ignore_eos", .boolean, default: false,
            "Generates past the model's own end, up to the token limit."),
        .honoured(
            "min_tokens", .tokenCount(atLeast: 0), default: 0,
            "Tokens to generate before any end is heeded."),
        .timeout,
    ]

    /// Streams and the number of replies.
    static let delivery: [Field] = [
        .honoured("stream", .boolean, default: false, "Sends the reply as server-sent events while it grows."),
        .honoured(
            "stream_options",
            .object([
                .honoured(
                    "include_usage", .boolean, default: false, "Ends the stream with one more chunk that has the usage."
                ),
                .honoured(
                    "include_obfuscation", .boolean, default: false,
                    "Pads each chunk with random characters in obfuscation, so that its length on the wire hardly tells "
                        + "the length of its text."),
                .rejected(
                    "continuous_usage_stats", .boolean, unless: [false],
                    because: "Usage comes once, in the last chunk; ask for it with include_usage."),
            ]),
            "Only together with stream."),
        .honoured("n", .integer(1...128), default: 1, "Replies to generate for each prompt."),
    ]
}
