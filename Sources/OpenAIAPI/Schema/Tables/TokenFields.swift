import JSON

extension RequestSchema {
    /// `POST /tokenize`.
    public static let tokenize = RequestSchema(
        "TokenizeRequest",
        [
            .honoured("model", .string(bytes: 1...256), "The name of a served model; may be left out if there is one."),
            .required("content", .text, "The text to split."),
            .honoured(
                "add_special", .boolean, default: false,
                "Adds the control tokens with which the model expects a text to begin or end."),
            .honoured(
                "parse_special", .boolean, default: true,
                "Whether the spellings of control tokens become those tokens; otherwise they are plain text."),
            .honoured("with_pieces", .boolean, default: false, "Gives each token's text along with its id."),
        ])

    /// `POST /detokenize`.
    public static let detokenize = RequestSchema(
        "DetokenizeRequest",
        [
            .honoured("model", .string(bytes: 1...256), "The name of a served model; may be left out if there is one."),
            .required("tokens", .array(of: .tokenID, count: 0...1_048_576), "The token ids to join."),
        ])
}
