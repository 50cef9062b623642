import JSON

extension Field {
    static let user = Field.accepted(
        "user", .string(bytes: 0...1024),
        because: "It identifies an end user to OpenAI's abuse checks; there are none here.")
    static let serviceTier = Field.rejected(
        "service_tier", .choice(["auto", "default", "flex", "scale", "priority", "fast"]),
        unless: ["auto", "default", "flex"],
        because: "The tiers are default and flex, which is served after all others.")
    static let priority = Field.rejected(
        "priority", .integer(Int.min...Int.max), unless: [0], because: "Requests have no priorities.")
    static let timeout = Field.honoured(
        "timeout", .number(0.001...86400),
        "Seconds after which the request is given up, waiting time included.")
}

extension [Field] {
    /// Fields that OpenAI's clients may send to both endpoints and that do not steer the reply.
    static let bookkeeping: [Field] = [
        .user,
        .accepted(
            "cache_prompt", .boolean,
            because: "Whether a prompt's computed prefix is reused is the server's decision and never changes a reply."),
        .honoured(
            "cache_salt", .string(bytes: 0...1024),
            "Prompts with different salts share nothing that was computed for them."),
        .honoured(
            "prompt_cache_key", .string(bytes: 0...1024),
            "Like cache_salt: prompts with different keys share nothing that was computed for them."),
        .serviceTier,
        .priority,
    ]

    /// Fields of other open-source servers whose meaning this server does not offer. They are listed so that the
    /// error says more than "unknown", and so that their neutral values, which some clients always send, pass.
    static let foreignExtensions: [Field] =
        constraints + [
            .rejected(
                "prompt_embeds", because: "Serialised tensors are not accepted from clients."),
            .rejected("prompt_logprobs", because: "Use echo with logprobs at /v1/completions."),
            .rejected("truncate_prompt_tokens", because: "A prompt is never shortened silently."),
            .rejected("allowed_token_ids", because: "Use logit_bias to steer towards tokens."),
            .rejected("bad_words", .array(of: .text, count: 0...1024), unless: [[]], because: "Use logit_bias."),
            .rejected("length_penalty", .number(0...100), unless: [1], because: "There is no beam search."),
            .rejected("use_beam_search", .boolean, unless: [false], because: "There is no beam search."),
            .rejected(
                "skip_special_tokens", .boolean, unless: [true], because: "Control tokens are never part of a text."),
            .rejected(
                "spaces_between_special_tokens", .boolean, unless: [true],
                because: "Control tokens are never part of a text."),
            .rejected(
                "include_stop_str_in_output", .boolean, unless: [false],
                because: "A stop text is never part of the reply."),
            .rejected("return_tokens_as_token_ids", .boolean, unless: [false], because: "Tokens are given as text."),
            .rejected("return_token_ids", .boolean, unless: [false], because: "Tokens are given as text."),
            .rejected("repeat_penalty", .number(0...100), unless: [1], because: "Its name here is repetition_penalty."),
            .rejected("n_predict", because: "Its name here is max_tokens."),
            .rejected("mirostat", .integer(0...2), unless: [0], because: "This sampler is not offered."),
            .rejected("dynatemp_range", .number(0...100), unless: [0], because: "This sampler is not offered."),
            .rejected("xtc_probability", .number(0...1), unless: [0], because: "This sampler is not offered."),
            .rejected("dry_multiplier", .number(0...100), unless: [0], because: "This sampler is not offered."),
            .rejected("lora", .array(of: .any, count: 0...64), unless: [[]], because: "No adapters are loaded."),
        ]

    private static let constraints: [Field] = [
        "guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs", "json_schema",
        "grammar", "structural_tag",
    ].map { .rejected($0, because: Reason.constrainedOutput) }
}

/// Reasons that several rows share.
enum Reason {
    static let constrainedOutput = "This server cannot constrain a reply to a grammar or a schema."
    static let textOnly = "The model reads and writes text only."
}
