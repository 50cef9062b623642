import JSON

extension Architectures {
    /// LLaMA and its nearest relatives.
    ///
    /// GGUF files of some of them hold the rows of queries and keys in another order, in which the pairs that are
    /// rotated are neighbours.
    static let llamas: [Family] = [
        .decoder(
            gguf: ["llama"], checkpoint: ["llama", "mistral"], names: .llama,
            defaults: ["tie_word_embeddings": false]
        ) { DecoderTraits(position: .rope($0.llamaLayout), normalizesExpertWeights: true) },
        .decoder(
            checkpoint: ["mixtral"],
            names: .llama.with([
                .router: "block_sparse_moe.gate", .expertGate: "block_sparse_moe.experts.@.w1",
                .expertUp: "block_sparse_moe.experts.@.w3", .expertDown: "block_sparse_moe.experts.@.w2",
            ]),
            defaults: ["tie_word_embeddings": false]
        ) { _ in DecoderTraits(normalizesExpertWeights: true) },
        .decoder(gguf: ["granite"], checkpoint: ["granite"], names: .llama) {
            DecoderTraits(position: .rope($0.llamaLayout), dividesLogits: true)
        },
        .decoder(
            gguf: ["smollm3"], checkpoint: ["smollm3"], names: .llama, defaults: ["use_sliding_window": false]
        ) { DecoderTraits(position: .rope($0.llamaLayout), unrotatedLayerPeriod: 4) },
    ]
}

extension Hyperparameters {
    /// The layout of the rotation where the converter to GGUF reorders rows as it does for llama.
    fileprivate var llamaLayout: RopeSpec.Layout { isCheckpoint ? .halves : .adjacent }
}
