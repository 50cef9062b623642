import JSON
import ModelFiles

extension Architectures {
    /// Families whose attention falls with the distance, and Falcon, some of whose members are like that.
    static let alibiFamilies: [Family] = [
        .decoder(
            gguf: ["bloom"], checkpoint: ["bloom"], names: .bloom,
            // No limit is built in, and the converter to GGUF writes another length where it finds none.
            defaults: ["context_length": 2048, "tie_word_embeddings": true, "attention.layer_norm_epsilon": 1e-5]
        ) { (model) throws(ModelLoadError) in
            if try model.bool(ifPresent: "apply_residual_connection_post_layernorm") == true {
                throw .unsupported(
                    key: "apply_residual_connection_post_layernorm",
                    reason: "only residuals before the norm are supported")
            }
            return DecoderTraits(
                position: .alibi(maximumBias: 8), activation: .geluTanh, isGated: false, normKind: .layer,
                leastContextLength: 2048)
        }
        .written(as: "bloom", naming: .ggufFused),
        .decoder(
            gguf: ["mpt"], checkpoint: ["mpt"], names: .mpt,
            defaults: ["tie_word_embeddings": true, "attention.layer_norm_epsilon": 1e-5]
        ) { _ in
            DecoderTraits(position: .alibi(maximumBias: 8), activation: .gelu, isGated: false, normKind: .layer)
        }
        .written(as: "mpt", naming: .ggufFused),
        .decoder(
            gguf: ["falcon"], checkpoint: ["falcon", "RefinedWeb", "RefinedWebModel"], names: .falcon,
            ggufNaming: .gguf.with(ggufFalconNorms),
            defaults: ["context_length": 2048, "tie_word_embeddings": true, "attention.layer_norm_epsilon": 1e-5]
        ) { (model) throws(ModelLoadError) in try model.falconTraits() }
        .written(as: "falcon") { spec in
            let sharesNorm = spec.layers.first?.normPlacement == .parallel(sharesNorm: true)
            return sharesNorm ? .ggufFused : .ggufFused.with(ggufFalconNorms)
        },
    ]

    /// With two norms the second is the attention's.
    private static let ggufFalconNorms: KeyValuePairs<ModelPart, TensorReading> = [
        .attentionNorm: "attn_norm_2", .attentionNorm: "attn_norm", .feedForwardNorm: "attn_norm",
    ]
}

extension Hyperparameters {
    fileprivate func falconTraits() throws(ModelLoadError) -> DecoderTraits {
        var traits = DecoderTraits(activation: .gelu, isGated: false, normKind: .layer)
        let hasTwoNorms = tensors.tensorIsNamed(isCheckpoint ? "ln_mlp" : "attn_norm_2")
        traits.normPlacement = .parallel(sharesNorm: !hasTwoNorms)
        guard isCheckpoint else { return traits }
        let isNew = try bool(ifPresent: "new_decoder_architecture") ?? false
        if !isNew {
            let isMultiQuery = try bool(ifPresent: "multi_query") ?? true
            traits.keyValueHeadCount =
                isMultiQuery ? 1 : try count("attention.head_count", limit: ModelLimits.headCount)
            if try bool(ifPresent: "parallel_attn") == false { traits.normPlacement = .before }
        }
        if try bool(ifPresent: "alibi") == true {
            // Biases are added before scores are scaled.
            let headCount = try count("attention.head_count", limit: ModelLimits.headCount)
            let length = try count("embedding_length", limit: ModelLimits.embeddingLength)
            traits.position = .alibi(maximumBias: 8, scale: (Float(headCount) / Float(length)).squareRoot())
        }
        return traits
    }
}

extension TensorMap {
    /// Whether the first layer has a tensor whose name has this part.
    fileprivate func tensorIsNamed(_ part: String) -> Bool {
        source.tensors.contains { $0.name.contains(".0.\(part).") }
    }
}

extension TensorNaming {
    private static let fused = TensorReading.fused(
        "self_attention.query_key_value", [.query, .key, .value], alternates: true)

    fileprivate static let bloom = TensorNaming(
        base: "transformer.", layer: "h.#.",
        [
            .embedding: "word_embeddings", .embeddingNorm: "word_embeddings_layernorm", .outputNorm: "ln_f",
            .output: .outside("lm_head"), .attentionNorm: "input_layernorm", .query: fused, .key: fused,
            .value: fused, .attentionOutput: "self_attention.dense", .feedForwardNorm: "post_attention_layernorm",
            .up: "mlp.dense_h_to_4h", .down: "mlp.dense_4h_to_h",
        ])

    fileprivate static let falcon = bloom.with([
        .embeddingNorm: "none", .attentionNorm: "ln_attn", .attentionNorm: "input_layernorm",
        .feedForwardNorm: "ln_mlp", .feedForwardNorm: "post_attention_layernorm",
    ])

    private static let mptFused = TensorReading.fused("attn.Wqkv", [.query, .key, .value])

    fileprivate static let mpt = TensorNaming(
        base: "transformer.", layer: "blocks.#.",
        [
            .embedding: "wte", .outputNorm: "norm_f", .output: .outside("lm_head"), .attentionNorm: "norm_1",
            .query: mptFused, .key: mptFused, .value: mptFused, .attentionOutput: "attn.out_proj",
            .feedForwardNorm: "norm_2", .up: "ffn.up_proj", .down: "ffn.down_proj",
        ])
}
