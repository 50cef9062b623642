import ModelFiles

extension GGUFKeys {
    /// How queries and keys are rotated. Lists of factors are tensors: see ``GGUFTensors``.
    mutating func addRotation() throws(ModelLoadError) {
        let rotated = spec.attentions.filter { $0.rope != nil }
        guard let attention = rotated.first(where: { $0.window == nil }) ?? rotated.first, let rope = attention.rope
        else { return }
        set("rope.dimension_count", rope.dimensionCount)
        set("rope.freq_base", rope.base)
        if let local = rotated.first(where: { $0.window != nil })?.rope, local.base != rope.base {
            set("rope.freq_base_swa", local.base)
        }
        switch rope.scaling {
        case .none: break
        case .linear(let factor):
            set("rope.scaling.type", .string("linear"))
            set("rope.scaling.factor", factor)
        case .perPair:
            let rotation = Rotation(
                model: model, headLength: attention.headLength, layout: rope.layout, contextLength: spec.contextLength)
            isYarn = try rotation.isYarn()
            if isYarn { set(try rotation.yarn(), rope) }
        case .byContext(_, _, let limit):
            set("rope.scaling.type", .string("longrope"))
            set("rope.scaling.original_context_length", limit)
            set("rope.scaling.attn_factor", rope.magnitude)
        }
    }

    private mutating func set(_ yarn: Yarn, _ rope: RopeSpec) {
        set("rope.scaling.type", .string("yarn"))
        set("rope.scaling.factor", yarn.factor)
        set("rope.scaling.original_context_length", yarn.originalContextLength)
        set("rope.scaling.yarn_beta_fast", yarn.betaFast)
        set("rope.scaling.yarn_beta_slow", yarn.betaSlow)
        // What readers multiply the usual number with.
        let extra = rope.magnitude / yarn.sharpness()
        if extra != 1 { set("rope.scaling.attn_factor", extra) }
    }
}

extension AttentionSpec {
    /// How the layer rotates queries and keys, if it does.
    var rope: RopeSpec? {
        if case .rope(let rope) = position { rope } else { nil }
    }
}
