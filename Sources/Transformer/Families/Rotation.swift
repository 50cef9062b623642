import Glibc
import ModelFiles

/// Reads how queries and keys are rotated: the base, how much of a head, and what is done for long contexts.
struct Rotation {
    let model: Hyperparameters
    /// Elements of a head.
    let headLength: Int
    let layout: RopeSpec.Layout
    /// Positions the model was made for.
    let contextLength: Int
    /// The base when the file has none.
    var standardBase: Float = 10_000
    var use = Use.all

    /// Which layers a rotation is for.
    enum Use: String {
        /// All, or those that see the whole context.
        case all = "rope"
        /// Those with a window, in families where they have a rotation of their own.
        case windows = "rope.local"
    }

    func spec() throws(ModelLoadError) -> RopeSpec {
        let dimensionCount = try rotatedDimensionCount()
        let baseName = use == .all ? "rope.freq_base" : "rope.freq_base_swa"
        var rope = RopeSpec(
            layout: layout, dimensionCount: dimensionCount,
            base: try model.positive(baseName, otherwise: standardBase))
        if let factors = try factors(.ropeFactors, count: dimensionCount / 2) {
            rope.scaling = .perPair(factors: factors)
            return rope
        }
        let type = try model.string(ifPresent: name("scaling.type"))
        if type == "longrope" || (use == .all && model.tensors.has(.ropeFactorsLong)) { return try longRope(rope) }
        switch type {
        case nil, "none", "default":
            // Before there was a type there was this key.
            if use == .all, let factor = try model.positive(ifPresent: "rope.scale_linear"), factor != 1 {
                rope.scaling = .linear(factor: factor)
            }
        // The base grows with texts that are longer than the context, which are refused; before, nothing changes.
        case "dynamic": break
        case "linear": rope.scaling = .linear(factor: try model.positive(name("scaling.factor")))
        case "llama3": rope.scaling = try llama3Scaling(rope)
        case "yarn": try apply(yarn(), to: &rope)
        // What the first files with two lists of factors called it.
        case "su": return try longRope(rope)
        case .some:
            throw .unsupported(
                key: model.key(name("scaling.type")),
                reason: "only 'none', 'linear', 'dynamic', 'llama3', 'yarn' and 'longrope' are supported")
        }
        return rope
    }

    func name(_ name: String) -> String { "\(use.rawValue).\(name)" }

    private func rotatedDimensionCount() throws(ModelLoadError) -> Int {
        // The name of what says it.
        var name = "rope.dimension_count"
        let given = try model.count(ifPresent: name, limit: ModelLimits.headLength)
        var count = given ?? headLength
        if given == nil { name = "attention.key_length" }
        let fractionName = self.name("dimension_fraction")
        if model.isCheckpoint, let fraction = try model.fraction(ifPresent: fractionName) {
            count = Int(Double(headLength) * fraction)
            name = fractionName
        }
        guard count <= headLength, count > 0, count.isMultiple(of: 2) else {
            throw .hyperparameter(
                key: model.key(name),
                reason: "\(count) elements of a head, which isn't an even number up to \(headLength)")
        }
        return count
    }

    /// Factors of a tensor, when there is one.
    private func factors(_ part: ModelPart, count: Int) throws(ModelLoadError) -> [Float]? {
        let tensors = model.tensors
        let name = tensors.name(tensors.reading(of: part, layer: nil), layer: nil, .weight)
        guard use == .all, let tensor = tensors.source.tensor(name) else { return nil }
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

    func originalContextLength() throws(ModelLoadError) -> Int {
        let name = name("scaling.original_context_length")
        return try model.count(ifPresent: name, limit: ModelLimits.contextLength) ?? contextLength
    }

    /// By how much the context was stretched: the file's number, or else it follows from the two lengths.
    func factor(original: Int) throws(ModelLoadError) -> Float {
        try model.positive(name("scaling.factor"), otherwise: Float(contextLength) / Float(original))
    }

    /// One list of factors up to the first training's context, and another beyond (Ding et al., "LongRoPE").
    private func longRope(_ rope: RopeSpec) throws(ModelLoadError) -> RopeSpec {
        var rope = rope
        let count = rope.dimensionCount / 2, original = try originalContextLength()
        let short = try factors(.ropeFactorsShort, name("scaling.short_factor"), count: count)
        let long = try factors(.ropeFactorsLong, name("scaling.long_factor"), count: count)
        rope.scaling = .byContext(short: short, long: long, limit: original)
        let factor = try factor(original: original)
        let standard = factor <= 1 ? 1 : Float((1 + log(Double(factor)) / log(Double(original))).squareRoot())
        rope.magnitude = try magnitude(otherwise: standard)
        return rope
    }

    /// Long waves are stretched, short ones stay, and those between are mixed (Llama 3.1).
    private func llama3Scaling(_ rope: RopeSpec) throws(ModelLoadError) -> RopeSpec.Scaling {
        let factor = try model.positive(name("scaling.factor")), original = Float(try originalContextLength())
        let low = try model.positive(name("scaling.low_freq_factor"))
        let highName = name("scaling.high_freq_factor"), high = try model.positive(highName)
        guard high > low else {
            throw .hyperparameter(key: model.key(highName), reason: "not above low_freq_factor")
        }
        return .perPair(
            factors: try checked(
                rope.inverseFrequencies().map { frequency in
                    // Turns within the original context.
                    let turns = original * frequency / (2 * .pi)
                    let kept = min(1, max(0, (turns - low) / (high - low)))
                    return 1 / (kept + (1 - kept) / factor)
                }))
    }

    /// What rotated elements are multiplied with.
    ///
    /// - Parameter share: What the file's number is multiplied with.
    func magnitude(otherwise standard: Float, times share: Float = 1) throws(ModelLoadError) -> Float {
        let name = name("scaling.attn_factor")
        let magnitude = try model.positive(name, otherwise: standard) * share
        guard magnitude.isFinite, magnitude > 0 else {
            throw .hyperparameter(
                key: model.key(name), reason: "it follows from the others, and isn't a number above 0")
        }
        return magnitude
    }

    /// Settings that each make sense may together give no numbers.
    func checked(_ factors: [Float]) throws(ModelLoadError) -> [Float] {
        guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw .hyperparameter(
                key: model.key(name("scaling.factor")), reason: "with it, factors aren't numbers above 0")
        }
        return factors
    }
}
