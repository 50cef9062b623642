/// One layer: a mixer that moves information between positions, and a feed-forward that works on each alone.
public struct LayerSpec: Sendable, Equatable {
    public var mixer: MixerSpec
    public var feedForward: FeedForwardSpec
    /// The kind of the layer's norms.
    public var norm: NormSpec
    public var normPlacement: NormPlacement
    /// Whether the mixer has the input norm that the placement says; some first layers take what the embedding has
    /// normed.
    public var normsMixerInput = true
    /// What the mixer's and the feed-forward's results are multiplied with before they are added.
    public var residualScale: Float

    public init(
        mixer: MixerSpec, feedForward: FeedForwardSpec, norm: NormSpec, normPlacement: NormPlacement = .before,
        residualScale: Float = 1
    ) {
        self.mixer = mixer
        self.feedForward = feedForward
        self.norm = norm
        self.normPlacement = normPlacement
        self.residualScale = residualScale
    }
}

/// How positions of a sequence see each other.
public enum MixerSpec: Sendable, Equatable {
    case attention(AttentionSpec)
}

/// Where a layer's norms stand. `x` is the hidden state, `f` the mixer or the feed-forward.
public enum NormPlacement: Sendable, Equatable {
    /// `x + f(norm(x))`: the llama family.
    case before
    /// `x + norm(f(norm(x)))`, with norms of their own: the gemma family.
    case around
    /// `x + norm(f(x))`: the olmo 2 family.
    case within
    /// `norm(x + f(x))`: the first transformers, and the bert family.
    case after
    /// `x + mixer(norm(x)) + feedForward(norm(x))`, with one norm for both or one for each: the gpt-j family.
    case parallel(sharesNorm: Bool)

    var hasInputNorm: Bool {
        switch self {
        case .before, .around, .parallel: true
        case .within, .after: false
        }
    }

    /// Whether the mixer and the feed-forward read the same hidden state.
    var isParallel: Bool {
        if case .parallel = self { true } else { false }
    }
}

/// A norm over the elements of one hidden state.
public struct NormSpec: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// `x / sqrt(mean(x^2) + epsilon) * weight`
        case rootMeanSquare
        /// `(x - mean) / sqrt(variance + epsilon) * weight + bias`; the bias may be missing.
        case layer(hasBias: Bool)
    }

    public var kind: Kind
    public var epsilon: Float
    /// Whether there are weights (and biases) at all; otherwise they are 1 (and 0).
    public var hasWeight: Bool

    public init(kind: Kind, epsilon: Float, hasWeight: Bool = true) {
        self.kind = kind
        self.epsilon = epsilon
        self.hasWeight = hasWeight
    }
}
