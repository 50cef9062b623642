import JSON

extension Architectures {
    static let phis: [Family] = [
        .decoder(
            gguf: ["phi2"], checkpoint: ["phi"],
            names: .llama.with([
                .attentionOutput: "self_attn.dense", .queryNorm: "self_attn.q_layernorm",
                .keyNorm: "self_attn.k_layernorm", .up: "mlp.fc1", .down: "mlp.fc2", .outputNorm: "final_layernorm",
            ]),
            defaults: ["rope.dimension_fraction": 0.5, "attention.layer_norm_epsilon": 1e-5]
        ) { _ in
            DecoderTraits(
                activation: .geluTanh, isGated: false, normKind: .layer, normPlacement: .parallel(sharesNorm: true))
        }
        .written(as: "phi2"),
        .decoder(
            gguf: ["phi3"], checkpoint: ["phi3"],
            names: .llama.with([
                .query: .fused("self_attn.qkv_proj", [.query, .key, .value]),
                .key: .fused("self_attn.qkv_proj", [.query, .key, .value]),
                .value: .fused("self_attn.qkv_proj", [.query, .key, .value]),
                .gate: .fused("mlp.gate_up_proj", [.gate, .up]), .up: .fused("mlp.gate_up_proj", [.gate, .up]),
            ]),
            ggufNaming: .gguf.with(TensorNaming.ggufExpansion),
            defaults: [
                "attention.layer_norm_rms_epsilon": 1e-5, "rope.scaling.original_context_length": 4096,
            ]
        ) { _ in DecoderTraits() }
        .written(as: "phi3", naming: .ggufFused.with(TensorNaming.ggufExpansion)),
    ]
}
