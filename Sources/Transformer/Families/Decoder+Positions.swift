import Glibc
import ModelFiles

extension Decoder {
    /// How each layer learns where tokens stand.
    func positions(headLength: Int) throws(ModelLoadError) -> [PositionEncoding] {
        switch traits.position {
        case .learned: return Array(repeating: .none, count: layerCount)
        case .alibi(let maximumBias, let scale):
            let maximum = try model.positive(ifPresent: "attention.max_alibi_bias") ?? maximumBias
            return Array(repeating: .alibi(maximumBias: maximum, scale: scale), count: layerCount)
        case .rope(let layout):
            let rope = try rope(headLength: headLength, layout: layout)
            var local = rope
            let base = try model.positive(ifPresent: "rope.freq_base_swa")
            if let base = base ?? traits.localLayers?.ropeBase {
                (local.base, local.scaling, local.magnitude) = (base, .none, 1)
            }
            let isLocal = try localLayers(), hasLocal = traits.localLayers != nil, rotates = try rotatedLayers()
            return (0..<layerCount).map { rotates($0) ? .rope(hasLocal && isLocal($0) ? local : rope) : .none }
        }
    }

    private func rotatedLayers() throws(ModelLoadError) -> (Int) -> Bool {
        if let flags = try model.integers(ifPresent: "no_rope_layers") {
            guard flags.count >= layerCount else {
                throw .hyperparameter(key: model.key("no_rope_layers"), reason: "fewer elements than layers")
            }
            return { flags[$0] != 0 }
        }
        guard var period = traits.unrotatedLayerPeriod else { return { _ in true } }
        if model.isCheckpoint,
            let given = try model.count(ifPresent: "no_rope_layer_interval", limit: ModelLimits.layerCount)
        {
            period = given
        }
        return { ($0 + 1) % period != 0 }
    }

    private func rope(headLength: Int, layout: RopeSpec.Layout) throws(ModelLoadError) -> RopeSpec {
        let dimensionCount = try rotatedDimensionCount(headLength: headLength)
        var rope = RopeSpec(
            layout: layout, dimensionCount: dimensionCount,
            base: try model.positive(ifPresent: "rope.freq_base") ?? 10_000)
        if let factors = try factors(.ropeFactors, count: dimensionCount / 2) {
            rope.scaling = .perPair(factors: factors)
            return rope
        }
        let type = try model.string(ifPresent: "rope.scaling.type")
        if type == "longrope" || tensors.has(.ropeFactorsLong) { return try longRope(rope) }
        switch type {
        case nil, "none", "default":
            // Before there was a type there was this key.
            if let factor = try model.positive(ifPresent: "rope.scale_linear"), factor != 1 {
                rope.scaling = .linear(factor: factor)
            }
        case "linear": rope.scaling = .linear(factor: try model.positive("rope.scaling.factor"))
        case "llama3": rope.scaling = try llama3Scaling(rope)
        case "yarn": try applyYarn(&rope)
        case .some:
            throw .unsupported(
                key: model.key("rope.scaling.type"),
                reason: "only 'none', 'linear', 'llama3', 'yarn' and 'longrope' are supported")
        }
        return rope
    }

    private func rotatedDimensionCount(headLength: Int) throws(ModelLoadError) -> Int {
        let name = "rope.dimension_count"
        var count = try model.count(ifPresent: name, limit: ModelLimits.headLength) ?? headLength
        if model.isCheckpoint, let fraction = try model.positive(ifPresent: "rope.dimension_fraction"), fraction < 1 {
            count = Int(Float(headLength) * fraction)
        }
        guard count <= headLength, count > 0, count.isMultiple(of: 2) else {
            throw .hyperparameter(key: model.key(name), reason: "\(count) isn't an even number up to \(headLength)")
        }
        return count
    }

    /// Factors of a tensor, when there is one.
    private func factors(_ part: ModelPart, count: Int) throws(ModelLoadError) -> [Float]? {
        let name = tensors.name(tensors.reading(of: part, layer: nil), layer: nil, .weight)
        guard let tensor = tensors.source.tensor(name) else { return nil }
        guard tensor.shape == [count] else {
            throw .tensorShape(name: name, expected: [count], found: tensor.shape)
        }
        let factors = try tensor.floats()
        guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw .tensorType(name: name, reason: "a factor isn't a finite number above 0")
        }
        return factors
    }

    /// Factors from a tensor or else from a list of the settings.
    private func factors(_ part: ModelPart, _ name: String, count: Int) throws(ModelLoadError) -> [Float] {
        if let factors = try factors(part, count: count) { return factors }
        guard let factors = try model.floats(ifPresent: name) else { throw .file(.missingKey(model.key(name))) }
        guard factors.count == count, factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw .hyperparameter(key: model.key(name), reason: "not \(count) finite numbers above 0")
        }
        return factors
    }

    private func originalContextLength() throws(ModelLoadError) -> Int {
        let name = "rope.scaling.original_context_length"
        return try model.count(ifPresent: name, limit: ModelLimits.contextLength) ?? contextLength
    }

    /// One list of factors up to the first training's context, and another beyond (Ding et al., "LongRoPE").
    private func longRope(_ rope: RopeSpec) throws(ModelLoadError) -> RopeSpec {
        var rope = rope
        let count = rope.dimensionCount / 2, original = try originalContextLength()
        let short = try factors(.ropeFactorsShort, "rope.scaling.short_factor", count: count)
        let long = try factors(.ropeFactorsLong, "rope.scaling.long_factor", count: count)
        rope.scaling = .byContext(short: short, long: long, limit: original)
        let given = try model.positive(ifPresent: "rope.scaling.factor")
        let factor = given ?? Float(contextLength) / Float(original)
        let standard = factor <= 1 ? 1 : (1 + log(factor) / log(Float(original))).squareRoot()
        rope.magnitude = try model.positive(ifPresent: "rope.scaling.attn_factor") ?? standard
        return rope
    }

    /// Long waves are stretched, short ones stay, and those between are mixed (Llama 3.1).
    private func llama3Scaling(_ rope: RopeSpec) throws(ModelLoadError) -> RopeSpec.Scaling {
        let factor = try model.positive("rope.scaling.factor"), original = Float(try originalContextLength())
        let low = try model.positive("rope.scaling.low_freq_factor")
        let high = try model.positive("rope.scaling.high_freq_factor")
        guard high > low else {
            throw .hyperparameter(key: model.key("rope.scaling.high_freq_factor"), reason: "not above low_freq_factor")
        }
        let factors = rope.inverseFrequencies.map { frequency in
            // Turns within the original context.
            let turns = original * frequency / (2 * .pi)
            let kept = min(1, max(0, (turns - low) / (high - low)))
            return 1 / (kept + (1 - kept) / factor)
        }
        return .perPair(factors: factors)
    }

    /// Pairs that turn often within the original context stay, slow ones are stretched, and a ramp lies between
    /// (Peng et al., "YaRN").
    private func applyYarn(_ rope: inout RopeSpec) throws(ModelLoadError) {
        let factor = try model.positive("rope.scaling.factor"), original = try originalContextLength()
        let fast = try model.positive(ifPresent: "rope.scaling.yarn_beta_fast") ?? 32
        let slow = try model.positive(ifPresent: "rope.scaling.yarn_beta_slow") ?? 1
        let base = rope.base, length = Float(rope.dimensionCount)
        // The pair that turns so many times.
        func pair(turns: Float) -> Float { length * log(Float(original) / (turns * 2 * .pi)) / (2 * log(base)) }
        var first = pair(turns: fast), last = pair(turns: slow)
        if try model.bool(ifPresent: "rope.scaling.truncate") ?? true {
            (first, last) = (first.rounded(.down), last.rounded(.up))
        }
        (first, last) = (max(first, 0), min(last, length - 1))
        if first == last { last += 0.001 }
        let factors = (0..<rope.dimensionCount / 2).map { pair in
            let stretched = min(1, max(0, (Float(pair) - first) / (last - first)))
            return 1 / (stretched / factor + 1 - stretched)
        }
        rope.scaling = .perPair(factors: factors)
        func sharpness(_ weight: Float) -> Float { factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1 }
        var magnitude = sharpness(1)
        if let weight = try model.positive(ifPresent: "rope.scaling.mscale"),
            let allWeight = try model.positive(ifPresent: "rope.scaling.mscale_all_dim")
        {
            magnitude = sharpness(weight) / sharpness(allWeight)
        }
        rope.magnitude = try model.positive(ifPresent: "rope.scaling.attn_factor") ?? magnitude
    }
}
