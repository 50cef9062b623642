/// The part of a layer that works on each position alone.
public enum FeedForwardSpec: Sendable, Equatable {
    case dense(DenseSpec)
    case experts(ExpertsSpec)
}

/// Two matrix products with an activation between them.
public struct DenseSpec: Sendable, Equatable {
    /// The length of the state between the two products.
    public var hiddenLength: Int
    public var activation: Activation
    /// `down(activation(gate(x)) * up(x))`, rather than `down(activation(up(x)))`.
    public var isGated: Bool
    /// Whether the products into the hidden state have biases.
    public var hasInputBias: Bool
    public var hasOutputBias: Bool

    public init(
        hiddenLength: Int, activation: Activation, isGated: Bool, hasInputBias: Bool = false,
        hasOutputBias: Bool = false
    ) {
        self.hiddenLength = hiddenLength
        self.activation = activation
        self.isGated = isGated
        self.hasInputBias = hasInputBias
        self.hasOutputBias = hasOutputBias
    }
}

/// A mixture of experts: a router chooses for each row which few of many gated feed-forwards compute it.
public struct ExpertsSpec: Sendable, Equatable {
    /// What makes weights of the router's logits, before the largest are chosen.
    public enum Scoring: Sendable, Equatable {
        case softmax
        case sigmoid
    }

    /// Experts in all.
    public var count: Int
    /// Experts that each row goes to.
    public var usedCount: Int
    /// The length of an expert's hidden state.
    public var hiddenLength: Int
    public var activation: Activation
    public var scoring: Scoring
    /// Whether the weights of the chosen experts are divided by their sum.
    public var normalizesWeights: Bool
    /// What the weights are multiplied with in the end.
    public var weightScale: Float
    /// An expert that every row goes to, beside the chosen ones.
    public var shared: DenseSpec?
    /// Whether what the shared expert gives is multiplied with the sigmoid of a product of the row.
    public var gatesShared: Bool

    public init(
        count: Int, usedCount: Int, hiddenLength: Int, activation: Activation, scoring: Scoring = .softmax,
        normalizesWeights: Bool, weightScale: Float = 1, shared: DenseSpec? = nil, gatesShared: Bool = false
    ) {
        self.count = count
        self.usedCount = usedCount
        self.hiddenLength = hiddenLength
        self.activation = activation
        self.scoring = scoring
        self.normalizesWeights = normalizesWeights
        self.weightScale = weightScale
        self.shared = shared
        self.gatesShared = gatesShared
    }
}

/// A function of each element by itself.
public enum Activation: Sendable, Equatable {
    /// `x / (1 + exp(-x))`
    case silu
    /// The Gaussian error linear unit in its tanh form.
    case geluTanh
    /// The same as it was defined, with the error function.
    case gelu
    /// `x / (1 + exp(-1.702 x))`
    case quickGelu
    /// `max(x, 0)`
    case relu
    case tanh
}
