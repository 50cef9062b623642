/// A node of an expression. Its depth is bounded at construction, so that walking the tree cannot exhaust the stack.
final class Expression: Sendable {
    enum Kind: Sendable {
        case constant(Constant)
        case variable(Variable)
        case list([Expression])
        case tuple([Expression])
        case dictionary([(key: Expression, value: Expression)])
        /// A run of left-associative operators of one precedence, kept flat: long sums are common, deep trees costly.
        case arithmetic(Expression, [(operation: ArithmeticOperator, operand: Expression)])
        case concatenation([Expression])
        /// `a < b < c`, where each operand is evaluated once.
        case comparison(Expression, [(operation: ComparisonOperator, operand: Expression)])
        case and([Expression])
        case or([Expression])
        case not(Expression)
        case negative(Expression)
        case positive(Expression)
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
        case call(Expression, CallArguments)
        case filter(Expression, FilterCall)
        case test(Expression, TestCall)
    }

    let kind: Kind
    let line: Int
    let depth: Int

    init(_ kind: Kind, line: Int, depth: Int) {
        self.kind = kind
        self.line = line
        self.depth = depth
    }
}

/// A literal.
enum Constant: Sendable {
    case none
    case boolean(Bool)
    case integer(Int)
    case float(Double)
    case text(Text)
}

/// A name that the parser has numbered, so that looking it up compares integers.
struct Variable: Hashable, Sendable {
    var id: Int
    var name: String
}

enum ArithmeticOperator: String, Sendable {
    case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", modulo = "%", power = "**"
}

enum ComparisonOperator: String, Sendable {
    case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    case isIn = "in", isNotIn = "not in"
}

/// The arguments of a call as written.
struct CallArguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    /// `*args`
    var spread: Expression?
    /// `**kwargs`
    var namedSpread: Expression?

    var expressions: [Expression] { positional + named.map(\.value) + [spread, namedSpread].compactMap(\.self) }
}

/// A filter and its arguments. Without a function the name is unknown, which is an error only when it is reached:
/// Jinja accepts unknown filters inside a condition's branches, and templates count on that.
struct FilterCall: Sendable {
    var name: String
    var function: NativeFunction?
    var arguments: CallArguments
    var line: Int
}

/// A test and its arguments; about unknown names see ``FilterCall``.
struct TestCall: Sendable {
    var name: String
    var function: NativeTest?
    var arguments: CallArguments
}
