import ModelFiles

/// The metadata keys that say what a ``ModelSpec`` says.
struct GGUFKeys {
    let traits: GGUFFormTraits
    let spec: ModelSpec
    let model: Hyperparameters
    private(set) var entries: [(key: String, value: GGUFValue)] = []
    /// Whether the factors of the rotation follow from keys; otherwise they are a tensor.
    var isYarn = false

    /// - Parameter model: The checkpoint's settings, for what the spec keeps only the results of.
    init(_ traits: GGUFFormTraits, _ spec: ModelSpec, _ model: Hyperparameters) throws(ModelLoadError) {
        self.traits = traits
        self.spec = spec
        self.model = model
        set("block_count", spec.layers.count)
        set("context_length", spec.contextLength)
        set("embedding_length", spec.embeddingLength)
        set("vocab_size", spec.vocabularySize)
        if let layer = spec.layers.first { addNorm(layer.norm) }
        try addFeedForwards()
        addAttention()
        try addRotation()
        addScales()
        addHead()
        addPooling()
    }

    private mutating func addNorm(_ norm: NormSpec) {
        switch norm.kind {
        case .rootMeanSquare: set("attention.layer_norm_rms_epsilon", norm.epsilon)
        case .layer: set("attention.layer_norm_epsilon", norm.epsilon)
        }
    }

    private mutating func addFeedForwards() throws(ModelLoadError) {
        var dense: DenseSpec?, experts: ExpertsSpec?
        for layer in spec.layers {
            switch layer.feedForward {
            case .dense(let spec): dense = dense ?? spec
            case .experts(let spec): experts = experts ?? spec
            }
        }
        // With experts in all layers nobody needs it but architectures without a length of their own for experts.
        let given = try model.integer(ifPresent: "feed_forward_length")
        if let length = dense?.hiddenLength ?? given ?? experts?.hiddenLength { set("feed_forward_length", length) }
        if let activation = dense?.activation, traits.keys.contains(.activation) {
            set("hidden_activation", .string(activation.configurationName))
        }
        if let experts { add(experts) }
        guard traits.keys.contains(.parallelResidual), let layer = spec.layers.first else { return }
        set("use_parallel_residual", .bool(layer.normPlacement.isParallel))
    }

    private mutating func add(_ experts: ExpertsSpec) {
        set("expert_count", experts.count)
        set("expert_used_count", experts.usedCount)
        set("expert_feed_forward_length", experts.hiddenLength)
        set("expert_weights_norm", .bool(experts.normalizesWeights))
        if let shared = experts.shared { set("expert_shared_feed_forward_length", shared.hiddenLength) }
    }

    private mutating func addAttention() {
        guard let attention = spec.attentions.first else { return }
        set("attention.head_count", attention.headCount)
        set("attention.head_count_kv", attention.keyValueHeadCount)
        set("attention.key_length", attention.headLength)
        set("attention.value_length", attention.headLength)
        if attention.mask != .causal { set("attention.causal", .bool(false)) }
        if let cap = attention.softCap { set("attn_logit_softcapping", cap) }
        if let clamp = attention.clamp { set("attention.clamp_kqv", clamp) }
        if case .alibi(let maximumBias, _) = attention.position { set("attention.max_alibi_bias", maximumBias) }
        addWindows()
    }

    private mutating func addWindows() {
        let attentions = spec.attentions
        guard let local = attentions.first(where: { $0.window != nil }), let window = local.window else { return }
        // What sees both sides counts them together, without the token itself.
        set("attention.sliding_window", local.mask == .causal ? window : 2 * (window - 1))
        let areLocal = attentions.map { $0.window != nil }
        guard areLocal.contains(false) else { return }
        // Every so many layers one has no window: the last of them, or the first where tokens see both sides.
        let first = local.mask == .causal ? 1 : 0
        let period = (2...max(2, areLocal.count)).first { period in
            areLocal.indices.allSatisfy { areLocal[$0] == (($0 + first) % period != 0) }
        }
        let name = "attention.sliding_window_pattern"
        if let period { set(name, period) } else { set(name, .array(GGUFArray(areLocal))) }
    }

    private mutating func addScales() {
        guard traits.keys.contains(.scales), let layer = spec.layers.first, let attention = spec.attentions.first
        else { return }
        set("embedding_scale", spec.embedding.scale)
        set("residual_scale", layer.residualScale)
        set("attention.scale", attention.scale)
    }

    private mutating func addHead() {
        guard let head = spec.head else { return }
        if let cap = head.softCap { set("final_logit_softcapping", cap) }
        if traits.keys.contains(.logitScale) { set("logit_scale", head.scale) }
        if traits.keys.contains(.logitDivisor) { set("logit_scale", 1 / head.scale) }
    }

    private mutating func addPooling() {
        switch spec.pooling {
        case .mean?: set("pooling_type", 1)
        case .first?: set("pooling_type", 2)
        case .last?: set("pooling_type", 3)
        // No number stands for the largest value of each dimension.
        case .max?, nil: break
        }
        if case .labels(let count, let pooling)? = spec.head?.output {
            // A text gets scores rather than a vector.
            if spec.pooling == nil { set("pooling_type", 4) }
            set("classifier.pooling_type", pooling == .mean ? 1 : 2)
            set("classifier.output_labels", .array(GGUFArray(model.labels(count: count))))
        }
        guard spec.attentions.contains(where: { $0.mask != .causal }) else { return }
        // Of the tokeniser's section, but by the model's tables; llama.cpp loads no encoder without it.
        entries.append(
            ("tokenizer.ggml.token_type_count", .uint32(UInt32(clamping: max(1, spec.embedding.typeCount)))))
    }

    mutating func set(_ name: String, _ value: GGUFValue) { entries.append(("\(traits.architecture).\(name)", value)) }

    mutating func set(_ name: String, _ value: Int) { set(name, .uint32(UInt32(clamping: value))) }

    mutating func set(_ name: String, _ value: Float) { set(name, .float32(value)) }
}
