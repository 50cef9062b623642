import JSON

extension Architectures {
    /// GPT-2 and the open models after it.
    static let gpts: [Family] = [
        .decoder(
            gguf: ["gpt2"], checkpoint: ["gpt2"], names: .gpt2,
            defaults: ["tie_word_embeddings": true, "attention.layer_norm_epsilon": 1e-5]
        ) { _ in
            DecoderTraits(position: .learned(offset: 0), activation: .geluTanh, isGated: false, normKind: .layer)
        }
        .written(as: "gpt2", naming: .ggufFused),
        .decoder(
            gguf: ["gptj"], checkpoint: ["gptj"], names: .gptJ,
            defaults: ["attention.layer_norm_epsilon": 1e-5, "rope.dimension_count": 64]
        ) { _ in
            DecoderTraits(
                position: .rope(.adjacent), activation: .geluTanh, isGated: false, normKind: .layer,
                normPlacement: .parallel(sharesNorm: true))
        }
        .written(as: "gptj"),
        .decoder(
            gguf: ["gptneox"], checkpoint: ["gpt_neox"], names: .gptNeoX,
            defaults: ["rope.dimension_fraction": 0.25, "attention.layer_norm_epsilon": 1e-5]
        ) { (model) throws(ModelLoadError) in
            let isParallel = try model.bool(ifPresent: "use_parallel_residual") ?? true
            return DecoderTraits(
                activation: .gelu, isGated: false, normKind: .layer,
                normPlacement: isParallel ? .parallel(sharesNorm: false) : .before)
        }
        .written(as: "gptneox", keys: [.parallelResidual], naming: .ggufFused),
        .decoder(
            checkpoint: ["opt"], names: .opt,
            defaults: ["tie_word_embeddings": true, "attention.layer_norm_epsilon": 1e-5]
        ) { (model) throws(ModelLoadError) in
            let isBefore = try model.bool(ifPresent: "do_layer_norm_before") ?? true
            let removesNorm = try model.bool(ifPresent: "_remove_final_layer_norm") ?? false
            return DecoderTraits(
                position: .learned(offset: 2), activation: .relu, isGated: false, normKind: .layer,
                normPlacement: isBefore ? .before : .after, hasOutputNorm: isBefore && !removesNorm,
                normsHaveWeights: try model.bool(ifPresent: "layer_norm_elementwise_affine") ?? true)
        },
    ]
}

extension TensorNaming {
    private static let gpt2Fused = TensorReading.fused("attn.c_attn", [.query, .key, .value]).transposed

    fileprivate static let gpt2 = TensorNaming(
        base: "transformer.", layer: "h.#.",
        [
            .embedding: "wte", .positions: "wpe", .outputNorm: "ln_f", .output: .outside("lm_head"),
            .attentionNorm: "ln_1", .query: gpt2Fused, .key: gpt2Fused, .value: gpt2Fused,
            .attentionOutput: TensorReading("attn.c_proj").transposed, .feedForwardNorm: "ln_2",
            .up: TensorReading("mlp.c_fc").transposed, .down: TensorReading("mlp.c_proj").transposed,
        ],
        ignored: [".attn.bias", ".attn.masked_bias"])

    fileprivate static let gptJ = TensorNaming(
        base: "transformer.", layer: "h.#.",
        [
            .embedding: "wte", .outputNorm: "ln_f", .output: .outside("lm_head"), .attentionNorm: "ln_1",
            .query: "attn.q_proj", .key: "attn.k_proj", .value: "attn.v_proj", .attentionOutput: "attn.out_proj",
            .up: "mlp.fc_in", .down: "mlp.fc_out",
        ],
        ignored: [".attn.bias", ".attn.masked_bias", ".attn.embed_positions"])

    private static let neoXFused = TensorReading.fused(
        "attention.query_key_value", [.query, .key, .value], alternates: true)

    fileprivate static let gptNeoX = TensorNaming(
        base: "gpt_neox.", layer: "layers.#.",
        [
            .embedding: "embed_in", .outputNorm: "final_layer_norm", .output: .outside("embed_out"),
            .attentionNorm: "input_layernorm", .query: neoXFused, .key: neoXFused, .value: neoXFused,
            .attentionOutput: "attention.dense", .feedForwardNorm: "post_attention_layernorm",
            .up: "mlp.dense_h_to_4h", .down: "mlp.dense_4h_to_h",
        ],
        ignored: [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"])

    fileprivate static let opt = TensorNaming(
        base: "model.decoder.", layer: "layers.#.",
        [
            .embedding: "embed_tokens", .embeddingProjection: "project_in", .positions: "embed_positions",
            .outputNorm: "final_layer_norm", .headTransform: "project_out", .output: .outside("lm_head"),
            .attentionNorm: "self_attn_layer_norm", .attentionSumNorm: "self_attn_layer_norm",
            .query: "self_attn.q_proj", .key: "self_attn.k_proj", .value: "self_attn.v_proj",
            .attentionOutput: "self_attn.out_proj", .feedForwardNorm: "final_layer_norm",
            .feedForwardSumNorm: "final_layer_norm", .up: "fc1", .down: "fc2",
        ])
}
