import JSON

extension Architectures {
    /// Gemma. Its checkpoints hold norm weights less 1; GGUF files don't.
    static let gemmas: [Family] = [
        .decoder(
            gguf: ["gemma"], checkpoint: ["gemma"], names: .gemma,
            defaults: gemmaDefaults(["attention.head_count_kv": 16])
        ) { (model) throws(ModelLoadError) in
            try model.refuseBothDirections()
            return DecoderTraits(
                activation: .geluTanh, activationNames: ["gelu": .geluTanh],
                embeddingScale: try model.gemmaEmbeddingScale())
        }
        .written(as: "gemma"),
        .decoder(
            gguf: ["gemma2"], checkpoint: ["gemma2"], names: .aroundGemma,
            defaults: gemmaDefaults([
                "attn_logit_softcapping": 50, "final_logit_softcapping": 30, "attention.head_count_kv": 4,
                "attention.sliding_window": 4096, "query_pre_attn_scalar": 256,
            ])
        ) { (model) throws(ModelLoadError) in
            try model.refuseBothDirections()
            return DecoderTraits(
                activation: .geluTanh, normPlacement: .around, embeddingScale: try model.gemmaEmbeddingScale(),
                attentionScale: try model.gemmaAttentionScale(wideLayerCount: 46),
                localLayers: .interrupted(period: 2))
        }
        .written(as: "gemma2"),
        gemma3, gemma3.besideVision(checkpoint: ["gemma3"], text: "gemma3_text"),
    ]

    private static let gemma3 = Family.decoder(
        gguf: ["gemma3"], checkpoint: ["gemma3_text"], names: .aroundGemma,
        defaults: gemmaDefaults([
            "rope.freq_base": 1_000_000, "attention.head_count": 8, "attention.head_count_kv": 4,
            "attention.sliding_window": 4096, "query_pre_attn_scalar": 256, "context_length": 131_072,
        ])
    ) { (model) throws(ModelLoadError) in
        try model.refuseBothDirections()
        return DecoderTraits(
            activation: .geluTanh, normPlacement: .around, embeddingScale: try model.gemmaEmbeddingScale(),
            attentionScale: try model.gemmaAttentionScale(wideLayerCount: 62),
            capsScores: false, localLayers: .interrupted(period: 6), localRopeBase: 10_000)
    }
    .written(as: "gemma3")

    private static func gemmaDefaults(_ others: [String: JSONValue]) -> [String: JSONValue] {
        let all: [String: JSONValue] = [
            "attention.key_length": 256, "attention.layer_norm_rms_epsilon": 1e-6, "tie_word_embeddings": true,
        ]
        return all.merging(others) { _, other in other }
    }
}

extension TensorNaming {
    fileprivate static let gemma = llama.with([
        .outputNorm: TensorReading("norm").plusOne,
        .attentionNorm: TensorReading("input_layernorm").plusOne,
        .feedForwardNorm: TensorReading("post_attention_layernorm").plusOne,
    ])

    fileprivate static let aroundGemma = gemma.with([
        .queryNorm: TensorReading("self_attn.q_norm").plusOne, .keyNorm: TensorReading("self_attn.k_norm").plusOne,
        .attentionOutputNorm: TensorReading("post_attention_layernorm").plusOne,
        .feedForwardNorm: TensorReading("pre_feedforward_layernorm").plusOne,
        .feedForwardOutputNorm: TensorReading("post_feedforward_layernorm").plusOne,
    ])
}

extension Hyperparameters {
    /// Gemmas that make vectors of texts see them whole.
    fileprivate func refuseBothDirections() throws(ModelLoadError) {
        let name = "use_bidirectional_attention"
        guard isCheckpoint, try bool(ifPresent: name) == true else { return }
        throw .unsupported(key: key(name), reason: "only attention to what came before is supported")
    }

    fileprivate func gemmaEmbeddingScale() throws(ModelLoadError) -> Float {
        Float(try count("embedding_length", limit: ModelLimits.embeddingLength)).squareRoot()
    }

    /// The scale by the settings of a checkpoint. GGUF files have none: by the length of a head, but in the largest model
    /// of a generation, known by its layers, by the share of the embedding that a head has.
    fileprivate func gemmaAttentionScale(wideLayerCount: Int) throws(ModelLoadError) -> Float? {
        if isCheckpoint { return try positive(ifPresent: "query_pre_attn_scalar").map { 1 / $0.squareRoot() } }
        guard try count("block_count", limit: ModelLimits.layerCount) == wideLayerCount else { return nil }
        let length = try count("embedding_length", limit: ModelLimits.embeddingLength)
        return 1 / (Float(length) / Float(try count("attention.head_count", limit: ModelLimits.headCount))).squareRoot()
    }
}
