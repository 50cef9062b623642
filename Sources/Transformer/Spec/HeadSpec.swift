/// What comes after the layers and their norm: `output(transform(x)) * scale + bias`.
public struct HeadSpec: Sendable, Equatable {
    /// What a row of the output is.
    public enum Output: Sendable, Equatable {
        /// A logit for each token. When it is tied the matrix is the token embedding.
        case tokens(isTied: Bool)
        /// A score for each of some labels, of what pooling makes of a text.
        case labels(count: Int, pooling: Pooling)
    }

    /// A matrix product before the output matrix, with what follows it.
    public struct Transform: Sendable, Equatable {
        public var length: Int
        public var hasBias: Bool
        public var activation: Activation?
        public var norm: NormSpec?

        public init(length: Int, hasBias: Bool = false, activation: Activation? = nil, norm: NormSpec? = nil) {
            self.length = length
            self.hasBias = hasBias
            self.activation = activation
            self.norm = norm
        }
    }

    public var output: Output
    public var transform: Transform?
    public var hasBias: Bool
    public var scale: Float
    /// Logits become `cap * tanh(logit / cap)`.
    public var softCap: Float?

    public init(
        output: Output, transform: Transform? = nil, hasBias: Bool = false, scale: Float = 1, softCap: Float? = nil
    ) {
        self.output = output
        self.transform = transform
        self.hasBias = hasBias
        self.scale = scale
        self.softCap = softCap
    }
}
