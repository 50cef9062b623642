import JSON

extension RequestSchema {
    /// `POST /v1/embeddings`.
    public static let embedding = RequestSchema(
        "CreateEmbeddingRequest",
        [
            .model,
            .required("input", .textInputs, "One text, several texts, the token ids of one text, or those of several."),
            .honoured(
                "encoding_format", .choice(["float", "base64"]), default: "float",
                "How a vector is written: as numbers, or as base64 of its 32-bit floats in little-endian order."),
            .honoured(
                "dimensions", .integer(1...Int(Int32.max)),
                "Keeps the first so many numbers of each vector, scaled to length 1; no more than the model gives."),
        ] + .textTask)
}
