import JSON

extension [Field] {
    /// What all endpoints understand that compute something of texts and generate none.
    static let textTask: [Field] = [
        .honoured(
            "truncate", .boolean, default: false,
            "Cuts the end off a text that is too long for the model, instead of refusing it."),
        .honoured(
            "truncate_prompt_tokens", .integer(-1...Int(Int32.max)),
            "Cuts texts to this many tokens, those at begin and end that the model asks for among them; -1 cuts to what "
                + "the model takes."),
        .timeout,
        .user,
        .serviceTier,
        .priority,
    ]
}

extension Field {
    static let model = Field.required("model", .string(bytes: 1...256), "The name of a served model.")
}

extension Shape {
    static let nonEmptyText = Shape.string(bytes: 1...Int(Int32.max))

    /// How many texts a request may hold.
    static let textCount = 1...2048

    /// One text or several, as text or as tokens.
    static let textInputs = Shape.either([
        .nonEmptyText,
        .array(of: .nonEmptyText, count: textCount),
        .array(of: .tokenID, count: 1...Int(Int32.max)),
        .array(of: .array(of: .tokenID, count: 1...Int(Int32.max)), count: textCount),
    ])

    /// One text or several.
    static let texts = Shape.either([.nonEmptyText, .array(of: .nonEmptyText, count: textCount)])
}
