import OrderedCollections

extension Interpreter {
    func execute(_ body: [Statement]) throws(TemplateError) -> Flow {
        for statement in body {
            try charge()
            let flow = try execute(statement)
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func execute(_ statement: Statement) throws(TemplateError) -> Flow {
        switch statement {
        case .text(let text): try print(text)
        case .print(let expression): try printValue(expression)
        case .evaluate(let expression): _ = try evaluate(expression)
        case .assign(let target, let expression, let line):
            let value = try evaluate(expression)
            self.line = line
            try assign(value, to: target)
        case .macro(let definition):
            if let name = definition.variable { scope.assign(.macro(makeMacro(definition)), to: name) }
        case .call(let callee, let arguments, let caller, let line):
            try executeCall(callee, arguments, caller, line)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        case .conditional(let branches, let otherwise): return try executeConditional(branches, otherwise)
        case .loop(let loop): return try execute(loop)
        case .capture(let target, let filters, let body): return try executeCapture(target, filters, body)
        case .filter(let filters, let body): return try executeFilter(filters, body)
        case .with(let assignments, let body): return try executeWith(assignments, body)
        case .scope(let body, let isIsolated):
            return try inScope(of: isIsolated ? root : scope) { (_) throws(TemplateError) in try execute(body) }
        }
        return .normal
    }

    @inline(never)
    private func printValue(_ expression: Expression) throws(TemplateError) {
        try print(try text(of: try evaluate(expression)))
    }

    @inline(never)
    private func executeConditional(
        _ branches: [(test: Expression, body: [Statement])], _ otherwise: [Statement]
    ) throws(TemplateError) -> Flow {
        for (test, body) in branches where try evaluate(test).isTruthy {
            return try descend { () throws(TemplateError) in try execute(body) }
        }
        return try descend { () throws(TemplateError) in try execute(otherwise) }
    }

    @inline(never)
    private func executeCapture(
        _ target: AssignmentTarget, _ filters: [FilterCall], _ body: [Statement]
    ) throws(TemplateError) -> Flow {
        let (value, flow) = try filtered(filters, body)
        if flow == .normal { try assign(value, to: target) }
        return flow
    }

    @inline(never)
    private func executeFilter(_ filters: [FilterCall], _ body: [Statement]) throws(TemplateError) -> Flow {
        let (value, flow) = try filtered(filters, body)
        guard flow == .normal else { return flow }
        guard case .text(let text) = value else { throw failure(.type, "a filter block has to give a string") }
        try print(text)
        return flow
    }

    /// What a body prints, passed through filters. A body that leaves the loop around it has no value.
    private func filtered(_ filters: [FilterCall], _ body: [Statement]) throws(TemplateError) -> (Value, Flow) {
        try inScope(of: scope) { (_) throws(TemplateError) -> (Value, Flow) in
            let (text, flow) = try capture { () throws(TemplateError) in
                try descend { () throws(TemplateError) in try execute(body) }
            }
            var value = Value.text(text)
            guard flow == .normal else { return (value, flow) }
            for filter in filters { value = try apply(filter, to: value) }
            return (value, .normal)
        }
    }

    @inline(never)
    private func executeWith(
        _ assignments: [(target: AssignmentTarget, value: Expression)], _ body: [Statement]
    ) throws(TemplateError) -> Flow {
        var values: [Value] = []
        for assignment in assignments { values.append(try evaluate(assignment.value)) }
        return try inScope(of: scope) { (_) throws(TemplateError) -> Flow in
            for (assignment, value) in zip(assignments, values) { try assign(value, to: assignment.target) }
            return try descend { () throws(TemplateError) in try execute(body) }
        }
    }

    @inline(never)
    private func executeCall(
        _ callee: Expression, _ written: CallArguments, _ caller: MacroDefinition, _ line: Int
    ) throws(TemplateError) {
        let function = try evaluate(callee)
        var arguments = try evaluate(written)
        self.line = line
        guard !arguments.named.contains(where: { $0.name == "caller" }) else {
            throw failure(.type, "the special argument 'caller' is given twice")
        }
        arguments.named.append(("caller", .macro(makeMacro(caller))))
        try print(try text(of: try call(function, arguments)))
    }

    // MARK: Assignment

    func assign(_ value: Value, to target: AssignmentTarget) throws(TemplateError) {
        switch target {
        case .variable(let variable): scope.assign(value, to: variable)
        case .attribute(let variable, let name): try assign(value, toAttribute: name, of: variable)
        case .tuple(let targets): try unpack(value, into: targets)
        }
    }

    private func assign(_ value: Value, toAttribute name: String, of variable: Variable) throws(TemplateError) {
        guard case .namespace(let namespace) = try self.value(of: variable) else {
            throw failure(.type, "cannot assign attribute on non-namespace object")
        }
        guard !name.hasPrefix("_") else {
            throw failure(.security, "the attribute '\(name)' of a namespace begins with an underscore")
        }
        namespace[Text(name)] = value
    }

    private func unpack(_ value: Value, into targets: [AssignmentTarget]) throws(TemplateError) {
        let values = try members(of: value)
        guard values.count == targets.count else {
            let problem = values.count < targets.count ? "not enough" : "too many"
            throw failure(.value, "\(problem) values to unpack (expected \(targets.count))")
        }
        for (value, target) in zip(values, targets) { try assign(value, to: target) }
    }
}

// MARK: - Loops

extension Interpreter {
    private func execute(_ statement: LoopStatement) throws(TemplateError) -> Flow {
        line = statement.line
        let iterable = try evaluate(statement.iterable)
        try run(statement, over: iterable, in: scope, depth: 0)
        return .normal
    }

    /// Renders a loop whose variables live in scopes inside `outer`.
    private func run(
        _ statement: LoopStatement, over iterable: Value, in outer: Scope, depth: Int
    ) throws(TemplateError) {
        let loopVariable = program.loopVariable
        let loop = try makeLoop(statement, over: iterable, in: outer, depth: depth)
        var isEmpty = true
        loop: while let value = try loop.advance() {
            isEmpty = false
            try charge()
            let flow = try inScope(of: outer) { (scope) throws(TemplateError) -> Flow in
                try assign(value, to: statement.target)
                if let loopVariable { scope.assign(.loop(loop), to: loopVariable) }
                return try descend { () throws(TemplateError) in try execute(statement.body) }
            }
            if flow == .breakLoop { break loop }
        }
        guard isEmpty, !statement.otherwise.isEmpty else { return }
        _ = try inScope(of: outer) { (_) throws(TemplateError) in
            try descend { () throws(TemplateError) in try execute(statement.otherwise) }
        }
    }

    private func makeLoop(
        _ statement: LoopStatement, over iterable: Value, in outer: Scope, depth: Int
    ) throws(TemplateError) -> Loop {
        let source = try generator(over: iterable)
        guard let condition = statement.condition else {
            return Loop(statement, over: source, length: knownLength(of: iterable), in: outer, depth: depth)
        }
        let selected = Generator(depth: source.depth) { [self] () throws(TemplateError) -> Value? in
            while let value = try source.next() {
                try charge()
                let isSelected = try inScope(of: outer) { (_) throws(TemplateError) -> Bool in
                    try assign(value, to: statement.target)
                    return try evaluate(condition).isTruthy
                }
                if isSelected { return value }
            }
            return nil
        }
        return Loop(statement, over: selected, length: nil, in: outer, depth: depth)
    }

    /// `loop(children)`: the loop's body again, over the members of something else.
    func recurse(_ loop: Loop, over iterable: Value) throws(TemplateError) -> Value {
        guard loop.statement.isRecursive else {
            throw failure(.type, "the loop must have the 'recursive' marker to be called recursively")
        }
        let (text, _) = try calling { () throws(TemplateError) in
            try capture { () throws(TemplateError) -> Flow in
                try run(loop.statement, over: iterable, in: loop.scope, depth: loop.depth + 1)
                return .normal
            }
        }
        return .text(text)
    }

    /// One more level of calls.
    func calling<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        guard callDepth < limits.callDepth else {
            throw failure(.budget(.callDepth), "calls nest deeper than \(limits.callDepth) levels")
        }
        callDepth += 1
        defer { callDepth -= 1 }
        return try descend(body)
    }
}
