import JSON

extension RequestSchema {
    /// `POST /v1/rerank`, as Jina's and Cohere's clients send it.
    public static let rerank = RequestSchema(
        "RerankRequest",
        [
            .model,
            .required("query", .nonEmptyText, "What the documents are held against."),
            .required(
                "documents",
                .array(of: .either([.text, .object([.required("text", .text)])]), count: Shape.textCount),
                "Texts, or objects that hold one."),
            .honoured(
                "top_n", .integer(1...Int(Int32.max)), "How many of the best documents to return; all without it."),
            .honoured("return_documents", .boolean, default: true, "Whether results hold the documents' texts."),
            .rejected(
                "rank_fields", .array(of: .text, count: 0...16), unless: [["text"]],
                because: "Documents have one field, text."),
            .rejected("max_chunks_per_doc", because: "Documents are not cut to pieces; see truncate."),
            .rejected("max_tokens_per_doc", because: "Its name here is truncate_prompt_tokens."),
        ] + .textTask)

    /// `POST /v1/score`, as vLLM defines it.
    public static let score = RequestSchema(
        "ScoreRequest",
        [
            .model,
            .required("text_1", .texts, "One text for all of text_2, or one for each."),
            .required("text_2", .texts, "What text_1 is held against."),
        ] + .textTask)
}
