import Tokenization

/// The tokens still in the draw, most probable first, with weights relative to the most probable token's.
///
/// Sorting a whole vocabulary for each token would cost more than the model. The set therefore holds only a head of the
/// sorted vocabulary, grown on demand: a lower threshold is tried until the head holds what the caller asks for.
struct CandidateSet {
    private struct Candidate {
        var index: Int
        var weight: Float
    }

    private let weights: UnsafeBufferPointer<Float>
    /// Sum of all weights still admitted, sorted or not.
    private var total: Double
    private var sorted: [Candidate] = []
    /// Every weight at or above this is in `sorted`.
    private var threshold: Float = .infinity
    private var isComplete = false

    /// - Parameters:
    ///   - weights: one entry a token, the largest about 1; must outlive the set.
    ///   - total: their sum.
    init(weights: UnsafeBufferPointer<Float>, total: Double) {
        self.weights = weights
        self.total = total
        grow()
    }

    private mutating func grow() {
        if threshold == .infinity {
            threshold = 1e-3
        } else if threshold > 1e-9 {
            threshold *= 1e-2
        } else {
            threshold = 0
        }
        sorted.removeAll(keepingCapacity: true)
        for (index, weight) in weights.enumerated() where weight >= threshold && weight > 0 {
            sorted.append(Candidate(index: index, weight: weight))
        }
        // Ties go to the lower token id, so that equal inputs give equal draws.
        sorted.sort { ($1.weight, $0.index) < ($0.weight, $1.index) }
        isComplete = threshold == 0
    }

    private mutating func restrict(to candidates: [Candidate]) {
        sorted = candidates
        total = candidates.reduce(0) { $0 + Double($1.weight) }
        isComplete = true
    }

    mutating func keepMostProbable(_ count: Int) {
        while sorted.count < count, !isComplete { grow() }
        restrict(to: Array(sorted.prefix(count)))
    }

    /// Top-p (Holtzman et al. 2020): the shortest head of the order that holds `share` of the probability.
    mutating func keepNucleus(_ share: Float) {
        while true {
            var sum = 0.0
            for (position, candidate) in sorted.enumerated() {
                sum += Double(candidate.weight)
                if sum >= Double(share) * total {
                    restrict(to: Array(sorted[...position]))
                    return
                }
            }
            if isComplete { return }
            grow()
        }
    }

    /// Drops tokens whose probability is below `share` of the most probable one's.
    mutating func dropImprobable(below share: Float) {
        guard let largest = sorted.first?.weight else { return }
        while threshold > share * largest, !isComplete { grow() }
        restrict(to: sorted.filter { $0.weight >= share * largest })
    }

    /// Keeps the tokens whose surprise is nearest to the distribution's entropy until they hold `share`.
    mutating func keepTypical(_ share: Float) {
        while !isComplete { grow() }
        let probabilities = sorted.map { Double($0.weight) / total }
        let entropy = -probabilities.reduce(0) { $0 + $1 * logarithm($1) }
        let order = sorted.indices.sorted {
            let (first, second) = (
                abs(-logarithm(probabilities[$0]) - entropy), abs(-logarithm(probabilities[$1]) - entropy)
            )
            return first == second ? $0 < $1 : first < second
        }
        var kept: [Int] = []
        var sum = 0.0
        for position in order {
            kept.append(position)
            sum += probabilities[position]
            if sum >= Double(share) { break }
        }
        restrict(to: kept.sorted().map { sorted[$0] })
    }

    /// The token at `unit` (in `0 ..< 1`) of the remaining probability.
    mutating func draw(_ unit: Float) -> TokenID {
        while !isComplete {
            // Nothing was cut off yet, so the tail takes part as well.
            grow()
        }
        let target = Double(unit) * total
        var sum = 0.0
        for candidate in sorted {
            sum += Double(candidate.weight)
            if sum > target { return TokenID(rawValue: Int32(candidate.index)) }
        }
        return TokenID(rawValue: Int32(sorted.last?.index ?? 0))
    }
}
