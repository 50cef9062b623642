import Glibc

/// Scaled dot-product attention with its variations.
public struct AttentionSpec: Sendable, Equatable {
    /// Query heads.
    public var headCount: Int
    /// Key and value heads; each serves `headCount / keyValueHeadCount` query heads (grouped-query attention).
    public var keyValueHeadCount: Int
    /// Elements of one head.
    public var headLength: Int
    /// Whether the projections to queries, keys and values have biases.
    public var hasInputBias: Bool
    /// Whether the projection back to the hidden state has a bias.
    public var hasOutputBias: Bool
    /// A norm of queries and keys, before their rotation.
    public var queryKeyNorm: QueryKeyNorm?
    /// Queries, keys and values are held between this and its negative.
    public var clamp: Float?
    /// A position sees this many positions, itself included; nil means all before it.
    public var window: Int?
    /// Scores become `cap * tanh(score / cap)`.
    public var softCap: Float?
    /// What the product of query and key is multiplied with.
    public var scale: Float
    public var position: PositionEncoding
    public var mask: Mask

    public enum Mask: Sendable, Equatable {
        /// A position sees itself and what comes before.
        case causal
        /// A position sees the whole text.
        case bidirectional
    }

    public init(
        headCount: Int, keyValueHeadCount: Int, headLength: Int, hasInputBias: Bool = false,
        hasOutputBias: Bool = false, queryKeyNorm: QueryKeyNorm? = nil, clamp: Float? = nil, window: Int? = nil,
        softCap: Float? = nil, scale: Float, position: PositionEncoding, mask: Mask = .causal
    ) {
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headLength = headLength
        self.hasInputBias = hasInputBias
        self.hasOutputBias = hasOutputBias
        self.queryKeyNorm = queryKeyNorm
        self.clamp = clamp
        self.window = window
        self.softCap = softCap
        self.scale = scale
        self.position = position
        self.mask = mask
    }

    /// Query heads that share a key-value head.
    public var groupSize: Int { headCount / keyValueHeadCount }
    /// Elements of the queries of one position.
    public var queryLength: Int { headCount * headLength }
    /// Elements of the keys (and of the values) of one position.
    public var keyLength: Int { keyValueHeadCount * headLength }
    /// Elements of queries, keys and values of one position, which one product computes.
    var projectedLength: Int { queryLength + 2 * keyLength }
}

/// A norm of queries and one of keys.
public struct QueryKeyNorm: Sendable, Equatable {
    public enum Span: Sendable, Equatable {
        /// Each head by itself, all with the same weights.
        case head
        /// Each head by itself, with weights of its own.
        case eachHead
        /// All heads as one row.
        case allHeads
    }

    public var norm: NormSpec
    public var span: Span

    public init(_ norm: NormSpec, span: Span = .head) {
        self.norm = norm
        self.span = span
    }
}

/// How a layer learns where tokens stand.
public enum PositionEncoding: Sendable, Equatable {
    case none
    /// Queries and keys are rotated by angles that grow with the position.
    case rope(RopeSpec)
    /// Scores fall with the distance; the slopes follow from the number of heads and this maximum (ALiBi), and are
    /// multiplied with `scale`.
    case alibi(maximumBias: Float, scale: Float = 1)
    /// Scores get a learned bias for the distance of key and query, in buckets that widen; all layers have the same.
    case distanceBiases(DistanceBuckets)
}

/// Distances that share a bias (Raffel et al., "Exploring the Limits of Transfer Learning").
///
/// Half of the buckets is for keys before the query, half for those after it. Of each half, one half is for single
/// distances from 0 on, the other for stretches that grow, the last without end.
public struct DistanceBuckets: Sendable, Hashable {
    /// A multiple of 4.
    public var count: Int
    /// The stretches end at this distance.
    public var farthest: Int

    public init(count: Int, farthest: Int) {
        self.count = count
        self.farthest = farthest
    }

    /// The bucket of a key that is `distance` after its query.
    public func bucket(_ distance: Int) -> Int {
        let half = count / 2, exact = half / 2, away = abs(distance)
        let first = distance > 0 ? half : 0
        guard away >= exact else { return first + away }
        // In single precision, as models were trained.
        let ratio = log(Float(away) / Float(exact)) / Float(log(Double(farthest) / Double(exact)))
        return first + min(half - 1, exact + Int(ratio * Float(half - exact)))
    }
}

/// Rotary position embedding (Su et al., "RoFormer").
public struct RopeSpec: Sendable, Hashable {
    public enum Layout: Sendable, Hashable {
        /// Elements 2i and 2i + 1 of a head form a pair.
        case adjacent
        /// Elements i and i + dimensionCount / 2 form a pair.
        case halves
    }

    /// What divides the angles, for contexts longer than the first training's.
    public enum Scaling: Sendable, Hashable {
        case none
        /// One factor for all.
        case linear(factor: Float)
        /// A factor for each pair: what llama 3 files carry in a tensor, and what other scalings come down to.
        case perPair(factors: [Float])
        /// A factor for each pair: `short` in texts of `limit` positions or fewer, otherwise `long`, for all of a text's
        /// positions. So a text that grows past the limit gets other keys from its first position on.
        case byContext(short: [Float], long: [Float], limit: Int)
    }

    public var layout: Layout
    /// How many elements at the start of each head are rotated; even.
    public var dimensionCount: Int
    public var base: Float
    public var scaling: Scaling
    /// What rotated elements are multiplied with, for scalings that make attention sharper.
    public var magnitude: Float

    public init(
        layout: Layout, dimensionCount: Int, base: Float, scaling: Scaling = .none, magnitude: Float = 1
    ) {
        self.layout = layout
        self.dimensionCount = dimensionCount
        self.base = base
        self.scaling = scaling
        self.magnitude = magnitude
    }

    /// The angle of each pair in radians per position.
    ///
    /// - Parameter isLong: Whether the text is longer than the limit of ``Scaling/byContext(short:long:limit:)``.
    public func inverseFrequencies(isLong: Bool = false) -> [Float] {
        (0..<dimensionCount / 2).map { pair in
            let exponent = Float(2 * pair) / Float(dimensionCount)
            let frequency = 1 / Float(pow(Double(base), Double(exponent)))
            switch scaling {
            case .none: return frequency
            case .linear(let factor): return frequency / factor
            case .perPair(let factors): return frequency / factors[pair]
            case .byContext(let short, let long, _): return frequency / (isLong ? long : short)[pair]
            }
        }
    }
}
