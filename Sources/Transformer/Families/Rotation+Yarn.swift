import Glibc

/// Settings of a scaling in which pairs that turn often within the original context stay, slow ones are stretched, and
/// a ramp lies between (Peng et al., "YaRN").
struct Yarn {
    /// By how much the context was stretched.
    var factor: Float
    var originalContextLength: Int
    /// Turns within the original context at which the ramp begins and ends.
    var betaFast: Float
    var betaSlow: Float

    /// What rotated elements are multiplied with, when the files say nothing else.
    func sharpness(_ weight: Float = 1) -> Float { factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1 }
}

extension Rotation {
    func isYarn() throws(ModelLoadError) -> Bool { try model.string(ifPresent: name("scaling.type")) == "yarn" }

    func yarn() throws(ModelLoadError) -> Yarn {
        let original = try originalContextLength()
        return Yarn(
            factor: try factor(original: original), originalContextLength: original,
            betaFast: try model.positive(name("scaling.yarn_beta_fast"), otherwise: 32),
            betaSlow: try model.positive(name("scaling.yarn_beta_slow"), otherwise: 1))
    }

    func apply(_ yarn: Yarn, to rope: inout RopeSpec) throws(ModelLoadError) {
        let base = rope.base, length = Float(rope.dimensionCount), original = Float(yarn.originalContextLength)
        // The pair that turns so many times.
        func pair(turns: Float) -> Float { length * log(original / (turns * 2 * .pi)) / (2 * log(base)) }
        var first = pair(turns: yarn.betaFast), last = pair(turns: yarn.betaSlow)
        if try model.bool(ifPresent: name("scaling.truncate")) ?? true {
            (first, last) = (first.rounded(.down), last.rounded(.up))
        }
        (first, last) = (max(first, 0), min(last, length - 1))
        if first == last { last += 0.001 }
        let factors = (0..<rope.dimensionCount / 2).map { pair in
            let stretched = min(1, max(0, (Float(pair) - first) / (last - first)))
            return 1 / (stretched / yarn.factor + 1 - stretched)
        }
        rope.scaling = .perPair(factors: try checked(factors))
        rope.magnitude = try magnitude(of: yarn)
    }

    /// A checkpoint gives the whole number, or two weights; a GGUF file what the usual one is multiplied with.
    private func magnitude(of yarn: Yarn) throws(ModelLoadError) -> Float {
        guard model.isCheckpoint else { return try magnitude(otherwise: 1, times: yarn.sharpness()) }
        var standard = yarn.sharpness()
        if let weight = try model.positive(ifPresent: name("scaling.mscale")),
            let allWeight = try model.positive(ifPresent: name("scaling.mscale_all_dim"))
        {
            standard = yarn.sharpness(weight) / yarn.sharpness(allWeight)
        }
        return try magnitude(otherwise: standard)
    }
}
