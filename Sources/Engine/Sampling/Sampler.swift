import Tokenization

/// Draws a sequence's next token: penalties and bias on the logits, then temperature, top-k, typical, top-p, min-p, and
/// one draw from what is left.
struct Sampler {
    let parameters: SamplingParameters
    private var random: RandomStream

    init(parameters: SamplingParameters) {
        self.parameters = parameters
        var system = SystemRandomNumberGenerator()
        random = RandomStream(seed: parameters.seed ?? system.next())
    }

    /// The next token. `logits` is one row, already processed; `scratch` has the same length and is overwritten.
    mutating func sample(
        _ logits: UnsafeBufferPointer<Float>, scratch: UnsafeMutableBufferPointer<Float>
    ) -> TokenID {
        if parameters.isGreedy { return TokenID(rawValue: Int32(VectorMath.indexOfMaximum(logits))) }
        let scale = 1 / parameters.temperature
        let offset = VectorMath.maximum(logits) * scale
        let total = VectorMath.exponentials(logits, scale: scale, offset: offset, into: scratch)
        let weights = UnsafeBufferPointer(scratch)
        let needsCandidates = parameters.topK != nil || parameters.topP < 1 || parameters.typicalP < 1
        if needsCandidates {
            var candidates = CandidateSet(weights: weights, total: total)
            if let topK = parameters.topK { candidates.keepMostProbable(topK) }
            if parameters.typicalP < 1 { candidates.keepTypical(parameters.typicalP) }
            if parameters.topP < 1 { candidates.keepNucleus(parameters.topP) }
            if parameters.minP > 0 { candidates.dropImprobable(below: parameters.minP) }
            return candidates.draw(random.nextUnit())
        }
        return draw(weights, total: total)
    }

    /// Inverse transform over the whole row in vocabulary order. Weights are relative to the largest, which is 1.
    private mutating func draw(_ weights: UnsafeBufferPointer<Float>, total: Double) -> TokenID {
        let threshold = parameters.minP
        var kept = total
        if threshold > 0 {
            kept = 0
            for weight in weights where weight >= threshold { kept += Double(weight) }
        }
        let target = Double(random.nextUnit()) * kept
        var sum = 0.0
        var last = 0
        for (index, weight) in weights.enumerated() where weight >= threshold && weight > 0 {
            sum += Double(weight)
            last = index
            if sum > target { break }
        }
        return TokenID(rawValue: Int32(last))
    }
}
