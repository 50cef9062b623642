import JSON

extension RequestSchema {
    private static let optionalModel = Field.honoured(
        "model", .string(bytes: 1...256), "The name of a served model; the first one by default.")

    /// `POST /apply-template`.
    public static let applyTemplate = RequestSchema("ApplyTemplateRequest", [optionalModel] + .conversation)

    /// `POST /tokenize`.
    public static let tokenize = RequestSchema(
        "TokenizeRequest",
        [
            optionalModel,
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
            optionalModel,
            .required("tokens", .array(of: .tokenID, count: 0...1_048_576), "The token ids to join."),
        ])
}
