import ModelFiles

/// The metadata keys that say what a ``ModelSpec`` says.
struct GGUFKeys {
    private let architecture: String
    private(set) var entries: [(key: String, value: GGUFValue)] = []

    init(architecture: String, _ spec: ModelSpec) {
        self.architecture = architecture
        set("block_count", spec.layers.count)
        set("context_length", spec.contextLength)
        set("embedding_length", spec.embeddingLength)
        set("vocab_size", spec.vocabularySize)
        if let layer = spec.layers.first { add(layer) }
        add(spec.attentions)
        if let cap = spec.head?.softCap { set("final_logit_softcapping", cap) }
        switch spec.pooling {
        case .mean?: set("pooling_type", 1)
        case .first?: set("pooling_type", 2)
        case .last?: set("pooling_type", 3)
        case .max?, nil: break
        }
    }

    private mutating func add(_ layer: LayerSpec) {
        if case .dense(let dense) = layer.feedForward { set("feed_forward_length", dense.hiddenLength) }
        switch layer.norm.kind {
        case .rootMeanSquare: set("attention.layer_norm_rms_epsilon", layer.norm.epsilon)
        case .layer: set("attention.layer_norm_epsilon", layer.norm.epsilon)
        }
    }

    private mutating func add(_ attentions: [AttentionSpec]) {
        guard let attention = attentions.first else { return }
        set("attention.head_count", attention.headCount)
        set("attention.head_count_kv", attention.keyValueHeadCount)
        if attention.mask == .causal {
            set("attention.key_length", attention.headLength)
            set("attention.value_length", attention.headLength)
        } else {
            entries.append((key("attention.causal"), .bool(false)))
        }
        if let window = attentions.lazy.compactMap(\.window).first { set("attention.sliding_window", window) }
        if let cap = attention.softCap { set("attn_logit_softcapping", cap) }
        if let clamp = attention.clamp { set("attention.clamp_kqv", clamp) }
        let whole = attentions.first { $0.window == nil }?.rope ?? attention.rope
        if let whole { add(whole) }
        if let local = attentions.first(where: { $0.window != nil })?.rope, local.base != whole?.base {
            set("rope.freq_base_swa", local.base)
        }
    }

    private mutating func add(_ rope: RopeSpec) {
        set("rope.dimension_count", rope.dimensionCount)
        set("rope.freq_base", rope.base)
        guard case .linear(let factor) = rope.scaling else { return }
        entries.append((key("rope.scaling.type"), .string("linear")))
        set("rope.scaling.factor", factor)
    }

    private func key(_ name: String) -> String { "\(architecture).\(name)" }

    private mutating func set(_ name: String, _ value: Int) {
        entries.append((key(name), .uint32(UInt32(clamping: value))))
    }

    private mutating func set(_ name: String, _ value: Float) { entries.append((key(name), .float32(value))) }
}

extension AttentionSpec {
    /// How the layer rotates queries and keys, if it does.
    var rope: RopeSpec? {
        if case .rope(let rope) = position { rope } else { nil }
    }
}
