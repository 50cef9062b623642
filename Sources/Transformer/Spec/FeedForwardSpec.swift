/// The part of a layer that works on each position alone.
public enum FeedForwardSpec: Sendable, Equatable {
    /// `down(activation(gate(x)) * up(x))`
    case gated(hiddenLength: Int, activation: Activation)
    /// `down(activation(up(x)))`
    case plain(hiddenLength: Int, activation: Activation, hasBias: Bool)

    /// The length of the state between the two matrix products.
    public var hiddenLength: Int {
        switch self {
        case .gated(let hiddenLength, _), .plain(let hiddenLength, _, _): hiddenLength
        }
    }

    public enum Activation: Sendable, Equatable {
        /// `x / (1 + exp(-x))`
        case silu
        /// The Gaussian error linear unit in its tanh form.
        case geluTanh
    }
}
