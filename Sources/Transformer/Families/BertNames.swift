extension TensorNaming {
    /// Ends of names that encoders' files have and nobody needs: numbers of positions, the head of a task of the
    /// training, what makes one vector of a text where no classifier takes it, and a second bias of the output, which is
    /// a copy of that beside the matrix or left over.
    private static let bertIgnored = [
        "position_ids", "cls.seq_relationship.weight", "cls.seq_relationship.bias", "pooler.dense.weight",
        "pooler.dense.bias", "decoder.bias", "predictions.bias", "lm_head.bias",
    ]

    private static let bertParts: KeyValuePairs<ModelPart, TensorReading> = [
        .query: "attention.self.query", .key: "attention.self.key", .value: "attention.self.value",
        .attentionOutput: "attention.output.dense", .attentionSumNorm: "attention.output.LayerNorm",
        .attentionSumNorm: .beta("attention.output.LayerNorm"), .up: "intermediate.dense", .down: "output.dense",
        .feedForwardSumNorm: "output.LayerNorm", .feedForwardSumNorm: .beta("output.LayerNorm"),
        .embedding: "embeddings.word_embeddings", .positions: "embeddings.position_embeddings",
        .tokenTypes: "embeddings.token_type_embeddings", .embeddingNorm: "embeddings.LayerNorm",
        .embeddingNorm: .beta("embeddings.LayerNorm"),
    ]

    static let bert = TensorNaming(base: "bert.", layer: "encoder.layer.#.", bertParts, ignored: bertIgnored).with([
        .headTransform: .outside("cls.predictions.transform.dense"),
        .headNorm: .outside("cls.predictions.transform.LayerNorm"),
        .headNorm: .outside(.beta("cls.predictions.transform.LayerNorm")),
        .output: .outside("cls.predictions.decoder"), .output: .outside("cls.predictions"),
        .classifierTransform: "pooler.dense", .classifier: .outside("classifier"),
    ])

    static let roberta = TensorNaming(
        base: "roberta.", layer: "encoder.layer.#.", bertParts, ignored: bertIgnored
    ).with(robertaHead)

    private static let robertaHead: KeyValuePairs<ModelPart, TensorReading> = [
        .headTransform: .outside("lm_head.dense"), .headNorm: .outside("lm_head.layer_norm"),
        .output: .outside("lm_head.decoder"), .output: .outside("lm_head"),
        .classifierTransform: .outside("classifier.dense"), .classifier: .outside("classifier.out_proj"),
    ]

    static let distilBert = TensorNaming(
        base: "distilbert.", layer: "transformer.layer.#.",
        [
            .embedding: "embeddings.word_embeddings", .positions: "embeddings.position_embeddings",
            .embeddingNorm: "embeddings.LayerNorm", .query: "attention.q_lin", .key: "attention.k_lin",
            .value: "attention.v_lin", .attentionOutput: "attention.out_lin", .attentionSumNorm: "sa_layer_norm",
            .up: "ffn.lin1", .down: "ffn.lin2", .feedForwardSumNorm: "output_layer_norm",
            .headTransform: .outside("vocab_transform"), .headNorm: .outside("vocab_layer_norm"),
            .output: .outside("vocab_projector"), .classifierTransform: .outside("pre_classifier"),
            .classifier: .outside("classifier"),
        ],
        ignored: bertIgnored)

    static let albert = TensorNaming(
        base: "albert.", layer: "encoder.albert_layer_groups.#.albert_layers.0.",
        [
            .embedding: "embeddings.word_embeddings", .positions: "embeddings.position_embeddings",
            .tokenTypes: "embeddings.token_type_embeddings", .embeddingNorm: "embeddings.LayerNorm",
            .embeddingProjection: "encoder.embedding_hidden_mapping_in", .query: "attention.query",
            .key: "attention.key", .value: "attention.value", .attentionOutput: "attention.dense",
            .attentionSumNorm: "attention.LayerNorm", .up: "ffn", .down: "ffn_output",
            .feedForwardSumNorm: "full_layer_layer_norm", .headTransform: .outside("predictions.dense"),
            .headNorm: .outside("predictions.LayerNorm"), .output: .outside("predictions.decoder"),
            .output: .outside("predictions"), .classifierTransform: "pooler",
            .classifier: .outside("classifier"),
        ],
        ignored: bertIgnored + [
            "pooler.weight", "pooler.bias", "sop_classifier.classifier.weight", "sop_classifier.classifier.bias",
        ])

    static let mpNet = TensorNaming(
        base: "mpnet.", layer: "encoder.layer.#.", bertParts, ignored: bertIgnored
    ).with([
        .query: "attention.attn.q", .key: "attention.attn.k", .value: "attention.attn.v",
        .attentionOutput: "attention.attn.o", .attentionSumNorm: "attention.LayerNorm",
        .distanceBiases: "encoder.relative_attention_bias",
    ]).with(robertaHead)

    private static let fusedInputs = TensorReading.fused("attn.Wqkv", [.query, .key, .value])

    static let nomicBert = TensorNaming(
        base: "nomic_bert.", layer: "encoder.layers.#.",
        [
            .embedding: "embeddings.word_embeddings", .tokenTypes: "embeddings.token_type_embeddings",
            .embeddingNorm: "emb_ln", .query: fusedInputs, .key: fusedInputs, .value: fusedInputs,
            .attentionOutput: "attn.out_proj", .attentionSumNorm: "norm1", .up: "mlp.fc11", .gate: "mlp.fc12",
            .down: "mlp.fc2", .feedForwardSumNorm: "norm2",
            .headTransform: .outside("cls.predictions.transform.dense"),
            .headNorm: .outside("cls.predictions.transform.layer_norm"), .output: .outside("cls.predictions.decoder"),
            .output: .outside("cls.predictions"), .classifierTransform: "pooler.dense",
            .classifier: .outside("classifier"),
        ],
        ignored: bertIgnored)

    private static let modernExpansion = TensorReading.fused("mlp.Wi", [.gate, .up])

    static let modernBert = TensorNaming(
        base: "model.", layer: "layers.#.",
        [
            .embedding: "embeddings.tok_embeddings", .embeddingNorm: "embeddings.norm", .outputNorm: "final_norm",
            .attentionNorm: "attn_norm", .query: fusedInputs, .key: fusedInputs, .value: fusedInputs,
            .attentionOutput: "attn.Wo", .feedForwardNorm: "mlp_norm", .gate: modernExpansion, .up: modernExpansion,
            .down: "mlp.Wo", .headTransform: .outside("head.dense"), .headNorm: .outside("head.norm"),
            .output: .outside("decoder"), .classifierTransform: .outside("head.dense"),
            .classifierNorm: .outside("head.norm"), .classifier: .outside("classifier"),
        ])

    static let ggufModernBert = TensorNaming.gguf.with(ggufExpansion)
}
