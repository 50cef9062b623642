/// One thing that a template does.
enum Statement: Sendable {
    case text(Text)
    case print(Expression)
    case assign(AssignmentTarget, Expression, line: Int)
    /// `{% set x | filters %}...{% endset %}`
    case capture(AssignmentTarget, [FilterCall], [Statement])
    case conditional(branches: [(test: Expression, body: [Statement])], otherwise: [Statement])
    case loop(LoopStatement)
    case macro(MacroDefinition)
    /// `{% call(args) macro() %}...{% endcall %}`: the body becomes the macro's `caller`.
    case call(Expression, CallArguments, caller: MacroDefinition, line: Int)
    case filter([FilterCall], [Statement])
    case with([(target: AssignmentTarget, value: Expression)], [Statement])
    /// A body whose assignments stay inside; `isIsolated` when it sees only the outermost variables.
    case scope([Statement], isIsolated: Bool)
    case evaluate(Expression)
    case breakLoop
    case continueLoop
}

/// What the left side of an assignment may be.
indirect enum AssignmentTarget: Sendable {
    case variable(Variable)
    /// An attribute of a namespace.
    case attribute(of: Variable, name: String)
    case tuple([AssignmentTarget])
}

final class LoopStatement: Sendable {
    let target: AssignmentTarget
    let iterable: Expression
    let condition: Expression?
    let isRecursive: Bool
    let body: [Statement]
    let otherwise: [Statement]
    let line: Int

    init(
        target: AssignmentTarget, iterable: Expression, condition: Expression?, isRecursive: Bool, body: [Statement],
        otherwise: [Statement], line: Int
    ) {
        self.target = target
        self.iterable = iterable
        self.condition = condition
        self.isRecursive = isRecursive
        self.body = body
        self.otherwise = otherwise
        self.line = line
    }
}

final class MacroDefinition: Sendable {
    /// Nil for the body of a call block.
    let variable: Variable?
    let parameters: [(variable: Variable, fallback: Expression?)]
    let body: [Statement]
    /// Which of the implicit variables the body mentions: only then may a call pass what they hold.
    let usesCaller: Bool
    let usesExtraPositional: Bool
    let usesExtraNamed: Bool

    init(
        variable: Variable?, parameters: [(variable: Variable, fallback: Expression?)], body: [Statement],
        usesCaller: Bool, usesExtraPositional: Bool, usesExtraNamed: Bool
    ) {
        self.variable = variable
        self.parameters = parameters
        self.body = body
        self.usesCaller = usesCaller
        self.usesExtraPositional = usesExtraPositional
        self.usesExtraNamed = usesExtraNamed
    }
}

/// A template after parsing.
struct Program: Sendable {
    var body: [Statement]
    /// The name of every variable by its number.
    var variables: [String]
    /// The variable `loop`, if the template mentions it.
    var loopVariable: Variable?
}
