import JSON

extension Architectures {
    static let qwens: [Family] = [
        .decoder(
            gguf: ["qwen2"], checkpoint: ["qwen2"], names: .llama, defaults: ["use_sliding_window": false]
        ) { _ in DecoderTraits() },
        .decoder(
            gguf: ["qwen2moe"], checkpoint: ["qwen2_moe"], names: .llama, defaults: ["use_sliding_window": false]
        ) { _ in DecoderTraits() },
        .decoder(
            gguf: ["qwen3"], checkpoint: ["qwen3"], names: .llama, defaults: ["use_sliding_window": false]
        ) { _ in DecoderTraits() },
        .decoder(
            gguf: ["qwen3moe"], checkpoint: ["qwen3_moe"], names: .llama, defaults: ["use_sliding_window": false]
        ) { DecoderTraits(normalizesExpertWeights: !$0.isCheckpoint) },
    ]
}
