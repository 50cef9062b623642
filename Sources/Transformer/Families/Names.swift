extension TensorNaming {
    /// Names of the llama family's checkpoints, which most families after it kept.
    static let llama = TensorNaming(
        base: "model.", layer: "layers.#.",
        [
            .embedding: "embed_tokens", .outputNorm: "norm", .output: .outside("lm_head"),
            .attentionNorm: "input_layernorm", .query: "self_attn.q_proj", .key: "self_attn.k_proj",
            .value: "self_attn.v_proj", .attentionOutput: "self_attn.o_proj", .queryNorm: "self_attn.q_norm",
            .keyNorm: "self_attn.k_norm", .feedForwardNorm: "post_attention_layernorm", .gate: "mlp.gate_proj",
            .up: "mlp.up_proj", .down: "mlp.down_proj", .router: "mlp.gate", .expertGate: "mlp.experts.@.gate_proj",
            .expertGate: stackedExpansion, .expertUp: "mlp.experts.@.up_proj", .expertUp: stackedExpansion,
            .expertDown: "mlp.experts.@.down_proj", .expertDown: stackedContraction,
            .sharedRouter: "mlp.shared_expert_gate", .sharedGate: "mlp.shared_expert.gate_proj",
            .sharedUp: "mlp.shared_expert.up_proj", .sharedDown: "mlp.shared_expert.down_proj",
        ],
        ignored: [".rotary_emb.inv_freq"])

    /// How transformers 5 keeps experts in memory, and writes them when it is told to leave them so.
    static let stackedExpansion = TensorReading.stacked("mlp.experts.gate_up_proj", [.expertGate, .expertUp])
    static let stackedContraction = TensorReading.stacked("mlp.experts.down_proj", [.expertDown])
}
