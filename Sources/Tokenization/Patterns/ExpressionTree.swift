/// A regular expression as its grammar has it.
indirect enum ExpressionTree: Sendable {
    case empty
    case scalar(UInt32)
    case set(ScalarMatcher)
    case sequence([ExpressionTree])
    /// The first that matches is preferred.
    case alternatives([ExpressionTree])
    /// At least `minimum` times, and at most `maximum` times if there is one.
    case repetition(ExpressionTree, minimum: Int, maximum: Int?, Greed)
    case look(ExpressionTree, isNegated: Bool, isBehind: Bool)
    case anchor(RegularExpression.Anchor)

    enum Greed: Sendable {
        case greedy, lazy, possessive
    }

    /// What one scalar may be, if the expression is just one.
    var matcher: ScalarMatcher? {
        switch self {
        case .scalar(let scalar): ScalarMatcher([.range(scalar...scalar)])
        case .set(let set): set
        case .sequence(let parts) where parts.count == 1: parts[0].matcher
        case .alternatives(let parts) where parts.count == 1: parts[0].matcher
        default: nil
        }
    }

    /// Whether the expression can match without taking text.
    var canBeEmpty: Bool {
        switch self {
        case .empty, .look, .anchor: true
        case .scalar, .set: false
        case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
        case .alternatives(let parts): parts.contains(where: \.canBeEmpty)
        case .repetition(let body, let minimum, _, _): minimum == 0 || body.canBeEmpty
        }
    }
}
