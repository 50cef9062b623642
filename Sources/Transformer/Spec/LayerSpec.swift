/// One layer: a mixer that moves information between positions, and a feed-forward that works on each alone.
public struct LayerSpec: Sendable, Equatable {
    public var mixer: MixerSpec
    public var feedForward: FeedForwardSpec
    /// The kind of the layer's norms.
    public var norm: NormSpec
    public var normPlacement: NormPlacement

    public init(
        mixer: MixerSpec, feedForward: FeedForwardSpec, norm: NormSpec, normPlacement: NormPlacement = .before
    ) {
        self.mixer = mixer
        self.feedForward = feedForward
        self.norm = norm
        self.normPlacement = normPlacement
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

    public init(kind: Kind, epsilon: Float) {
        self.kind = kind
        self.epsilon = epsilon
    }
}
