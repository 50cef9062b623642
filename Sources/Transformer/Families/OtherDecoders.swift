import JSON

extension Architectures {
    static let otherDecoders: [Family] = [
        .decoder(
            gguf: ["starcoder2"], checkpoint: ["starcoder2"],
            names: .llama.with([.up: "mlp.c_fc", .down: "mlp.c_proj"]),
            defaults: [
                "attention.layer_norm_epsilon": 1e-5, "attention.head_count_kv": 2, "tie_word_embeddings": true,
            ]
        ) { _ in DecoderTraits(activation: .geluTanh, isGated: false, normKind: .layer) }
        .written(as: "starcoder2"),
        .decoder(
            gguf: ["stablelm"], checkpoint: ["stablelm"],
            names: .llama.with([
                .queryNorm: "self_attn.q_layernorm.norms.@", .keyNorm: "self_attn.k_layernorm.norms.@",
            ]),
            defaults: [
                "rope.dimension_fraction": 0.25, "attention.layer_norm_epsilon": 1e-5, "attention.head_count_kv": 32,
            ]
        ) { (model) throws(ModelLoadError) in
            let isParallel = try model.bool(ifPresent: "use_parallel_residual") ?? false
            return DecoderTraits(
                normKind: .layer, normPlacement: isParallel ? .parallel(sharesNorm: true) : .before,
                queryKeyNorm: .eachHead)
        }
        .written(as: "stablelm", keys: [.parallelResidual]),
        .decoder(
            gguf: ["olmo2"], checkpoint: ["olmo2"], names: .olmo2,
            defaults: ["attention.layer_norm_rms_epsilon": 1e-5]
        ) { _ in DecoderTraits(normPlacement: .within, queryKeyNorm: .allHeads) }
        .written(as: "olmo2"),
        .decoder(
            gguf: ["olmoe"], checkpoint: ["olmoe"], names: .llama,
            defaults: ["attention.layer_norm_rms_epsilon": 1e-5, "expert_count": 64, "expert_used_count": 8]
        ) { _ in DecoderTraits(queryKeyNorm: .allHeads) }
        .written(as: "olmoe"),
        .decoder(
            gguf: ["command-r"], checkpoint: ["cohere"], names: .llama,
            defaults: commandDefaults(["rope.freq_base": 500_000])
        ) { _ in .command }
        .written(as: "command-r", keys: [.logitScale]),
        .decoder(
            gguf: ["cohere2"], checkpoint: ["cohere2"], names: .llama,
            defaults: commandDefaults(["attention.sliding_window": 4096])
        ) { _ in
            var traits = DecoderTraits.command
            (traits.localLayers, traits.rotatedLayers) = (.interrupted(period: 4), .local)
            return traits
        }
        .written(as: "cohere2", keys: [.logitScale]),
    ]

    private static func commandDefaults(_ others: [String: JSONValue]) -> [String: JSONValue] {
        let all: [String: JSONValue] = [
            "tie_word_embeddings": true, "attention.layer_norm_epsilon": 1e-5, "logit_scale": 0.0625,
        ]
        return all.merging(others) { _, other in other }
    }
}

extension DecoderTraits {
    fileprivate static let command = DecoderTraits(
        position: .rope(.adjacent), normKind: .layer, normPlacement: .parallel(sharesNorm: true),
        queryKeyNorm: .eachHead)
}

extension TensorNaming {
    fileprivate static let olmo2 = llama.without(.feedForwardNorm).with([
        .attentionOutputNorm: "post_attention_layernorm", .feedForwardOutputNorm: "post_feedforward_layernorm",
    ])
}
