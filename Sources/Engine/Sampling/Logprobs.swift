import Tokenization

/// Log-probabilities of one row of logits.
struct LogprobRow {
    private let logits: UnsafeBufferPointer<Float>
    /// log of the sum of exponentials.
    private let normalizer: Float

    init(_ logits: UnsafeBufferPointer<Float>) {
        self.logits = logits
        let largest = VectorMath.maximum(logits)
        normalizer = largest + Float(logarithm(VectorMath.sumOfExponentials(logits, offset: largest)))
    }

    func scored(_ token: TokenID, alternatives count: Int) -> ScoredToken {
        ScoredToken(token: token, logprob: self[token], alternatives: mostProbable(count))
    }

    subscript(token: TokenID) -> Float { logits[Int(token.rawValue)] - normalizer }

    /// The most probable tokens, most probable first, ties by lower id.
    ///
    /// - Parameter candidates: The only ones to consider; nil considers all.
    func best(_ count: Int, among candidates: [TokenID]?) -> [TokenLogprob] {
        guard let candidates else { return mostProbable(count) }
        let scored = Set(candidates).map { TokenLogprob(token: $0, logprob: self[$0]) }
        let ordered = scored.sorted { ($1.logprob, $0.token.rawValue) < ($0.logprob, $1.token.rawValue) }
        return Array(ordered.prefix(count))
    }

    /// The `count` most probable tokens, most probable first, ties by lower id. One pass with a small sorted buffer.
    private func mostProbable(_ count: Int) -> [TokenLogprob] {
        guard count > 0 else { return [] }
        var best: [(index: Int, logit: Float)] = []
        best.reserveCapacity(count + 1)
        for (index, logit) in logits.enumerated() {
            if best.count == count, logit <= best[count - 1].logit { continue }
            let position = best.firstIndex { $0.logit < logit } ?? best.count
            best.insert((index, logit), at: position)
            if best.count > count { best.removeLast() }
        }
        return best.map { TokenLogprob(token: TokenID(rawValue: Int32($0.index)), logprob: $0.logit - normalizer) }
    }
}
