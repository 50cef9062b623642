import JSON

extension Architectures {
    /// LLaMA and its nearest relatives.
    ///
    /// GGUF files of some of them hold the rows of queries and keys in another order, in which the pairs that are
    /// rotated are neighbours.
    static let llamas: [Family] = [
        .decoder(
            gguf: ["llama"], checkpoint: ["llama"], names: .llama,
            defaults: ["tie_word_embeddings": false, "attention.layer_norm_rms_epsilon": 1e-6]
        ) { DecoderTraits(position: .rope($0.llamaLayout), normalizesExpertWeights: true) }
        .written(as: "llama", reordersRows: true),
        mistral, mistral.besideVision(checkpoint: ["mistral3"], text: "mistral"),
        .decoder(
            checkpoint: ["mixtral"],
            names: .llama.with([
                .router: "block_sparse_moe.gate", .router: "mlp.gate", .expertGate: "block_sparse_moe.experts.@.w1",
                .expertGate: TensorNaming.stackedExpansion, .expertUp: "block_sparse_moe.experts.@.w3",
                .expertUp: TensorNaming.stackedExpansion, .expertDown: "block_sparse_moe.experts.@.w2",
                .expertDown: TensorNaming.stackedContraction,
            ]),
            defaults: [
                "tie_word_embeddings": false, "attention.layer_norm_rms_epsilon": 1e-5, "attention.head_count_kv": 8,
                "rope.freq_base": 1_000_000, "expert_count": 8, "expert_used_count": 2,
            ]
        ) { _ in DecoderTraits(normalizesExpertWeights: true) }
        .written(as: "llama", reordersRows: true),
        .decoder(
            gguf: ["granite"], checkpoint: ["granite"], names: .llama,
            defaults: ["attention.layer_norm_rms_epsilon": 1e-6, "attention.scale": 1]
        ) { DecoderTraits(position: .rope($0.llamaLayout), dividesLogits: true) }
        .written(as: "granite", reordersRows: true, keys: [.scales, .logitDivisor]),
        .decoder(
            gguf: ["smollm3"], checkpoint: ["smollm3"], names: .llama,
            defaults: [
                "use_sliding_window": false, "tie_word_embeddings": true, "attention.layer_norm_rms_epsilon": 1e-6,
                "attention.head_count_kv": 4, "rope.freq_base": 2_000_000,
            ]
        ) {
            DecoderTraits(
                position: .rope($0.llamaLayout), localLayers: .unrotated, rotatedLayers: .interrupted(period: 4))
        }
        .written(as: "smollm3", reordersRows: true),
    ]

    private static let mistral = Family.decoder(
        checkpoint: ["mistral"], names: .llama,
        defaults: [
            "tie_word_embeddings": false, "attention.layer_norm_rms_epsilon": 1e-6, "attention.head_count_kv": 8,
            "attention.sliding_window": 4096,
        ]
    ) { _ in DecoderTraits() }
    .written(as: "llama", reordersRows: true)
}

extension Hyperparameters {
    /// The layout of the rotation where the converter to GGUF reorders rows as it does for llama.
    fileprivate var llamaLayout: RopeSpec.Layout { isCheckpoint ? .halves : .adjacent }
}
