import JSON

extension Architectures {
    static let qwens: [Family] = [
        .decoder(
            gguf: ["qwen2"], checkpoint: ["qwen2"], names: .llama,
            defaults: qwenDefaults(["attention.head_count_kv": 32, "max_window_layers": 28])
        ) { _ in DecoderTraits(localLayers: .last) }
        .written(as: "qwen2"),
        .decoder(
            gguf: ["qwen2moe"], checkpoint: ["qwen2_moe"], names: .llama,
            defaults: qwenDefaults([
                "attention.head_count_kv": 16, "max_window_layers": 28, "expert_count": 60, "expert_used_count": 4,
            ])
        ) { _ in DecoderTraits(localLayers: .alternateFirst) }
        .written(as: "qwen2moe"),
        .decoder(
            gguf: ["qwen3"], checkpoint: ["qwen3"], names: .llama,
            defaults: qwenDefaults([
                "attention.head_count_kv": 32, "attention.key_length": 128, "max_window_layers": 28,
            ])
        ) { _ in DecoderTraits(localLayers: .last) }
        .written(as: "qwen3"),
        .decoder(
            gguf: ["qwen3moe"], checkpoint: ["qwen3_moe"], names: .llama,
            defaults: qwenDefaults(["attention.head_count_kv": 4, "expert_count": 128, "expert_used_count": 8])
        ) { DecoderTraits(normalizesExpertWeights: !$0.isCheckpoint) }
        .written(as: "qwen3moe"),
    ]

    private static func qwenDefaults(_ others: [String: JSONValue]) -> [String: JSONValue] {
        let all: [String: JSONValue] = [
            "use_sliding_window": false, "attention.sliding_window": 4096, "attention.layer_norm_rms_epsilon": 1e-6,
        ]
        return all.merging(others) { _, other in other }
    }
}
