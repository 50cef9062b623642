import JSON

extension RequestSchema {
    /// `POST /v1/classify`, as vLLM defines it.
    public static let classify = RequestSchema(
        "ClassifyRequest",
        [
            .model,
            .required("input", .textInputs, "One text, several texts, the token ids of one text, or those of several."),
            .rejected("activation", .boolean, unless: [true], because: "Probabilities are returned, not logits."),
            .rejected("use_activation", .boolean, unless: [true], because: "Probabilities are returned, not logits."),
        ] + .textTask)

    /// `POST /v1/fill-mask`.
    public static let fillMask = RequestSchema(
        "FillMaskRequest",
        [
            .model,
            .required(
                "input", .texts,
                "One text or several, each with the model's mask token spelled out at least once, such as [MASK]."),
            .honoured("top_k", .integer(1...1000), default: 5, "How many candidates to return for each mask."),
            .honoured(
                "targets", .either([.nonEmptyText, .array(of: .nonEmptyText, count: 1...1000)]),
                "The only candidates to consider, each of them one token of the model."),
        ] + .textTask)
}
