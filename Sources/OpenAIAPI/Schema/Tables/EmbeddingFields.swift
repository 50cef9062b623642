import JSON

extension RequestSchema {
    /// `POST /v1/embeddings`.
    public static let embedding = RequestSchema(
        "CreateEmbeddingRequest",
        [
            .required("model", .string(bytes: 1...256), "The name of a served model."),
            .required(
                "input",
                .either([
                    .nonEmptyText,
                    .array(of: .nonEmptyText, count: 1...2048),
                    .array(of: .tokenID, count: 1...Int(Int32.max)),
                    .array(of: .array(of: .tokenID, count: 1...Int(Int32.max)), count: 1...2048),
                ]),
                "One text, several texts, the token ids of one text, or those of several."),
            .honoured(
                "encoding_format", .choice(["float", "base64"]), default: "float",
                "How a vector is written: as numbers, or as base64 of its 32-bit floats in little-endian order."),
            .honoured(
                "dimensions", .integer(1...Int(Int32.max)), "Shortens vectors to this length, if the model allows it."),
            .accepted(
                "user", .string(bytes: 0...1024),
                because: "It identifies an end user to OpenAI's abuse checks; there are none here."),
        ])
}

extension Shape {
    fileprivate static let nonEmptyText = Shape.string(bytes: 1...Int(Int32.max))
}
