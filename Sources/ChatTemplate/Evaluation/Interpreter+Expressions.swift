import OrderedCollections

extension Interpreter {
    func evaluate(_ expression: Expression) throws(TemplateError) -> Value {
        switch expression.kind {
        case .constant(let constant): return Value(constant)
        case .variable(let variable): return try value(of: variable)
        default:
            try charge()
            return try descend { () throws(TemplateError) in try evaluateNode(expression) }
        }
    }

    /// PERF: one function per kind of node keeps the stack frame of this switch small, and recursion cheap.
    private func evaluateNode(_ expression: Expression) throws(TemplateError) -> Value {
        line = expression.line
        switch expression.kind {
        case .constant(let constant): return Value(constant)
        case .variable(let variable): return try value(of: variable)
        case .list(let elements): return try list(try evaluate(elements))
        case .tuple(let elements): return try tuple(try evaluate(elements))
        case .dictionary(let pairs): return try makeDictionary(pairs)
        case .arithmetic(let first, let rest): return try evaluateArithmetic(first, rest, expression.line)
        case .concatenation(let operands): return try evaluateConcatenation(operands)
        case .comparison(let first, let rest): return try evaluateComparison(first, rest, expression.line)
        case .and(let operands): return try evaluateLogic(operands, stopsAt: false)
        case .or(let operands): return try evaluateLogic(operands, stopsAt: true)
        case .not(let operand): return .boolean(!(try evaluate(operand).isTruthy))
        case .negative(let operand): return try negate(try evaluate(operand))
        case .positive(let operand): return try positive(try evaluate(operand))
        case .conditional(let test, let then, let otherwise): return try evaluateConditional(test, then, otherwise)
        case .attribute(let object, let name): return try evaluateAttribute(object, name, expression.line)
        case .item(let object, let key): return try evaluateItem(object, key, expression.line)
        case .slice(let object, let start, let stop, let step): return try evaluateSlice(object, start, stop, step)
        case .call(let callee, let arguments): return try evaluateCall(callee, arguments, expression.line)
        case .filter(let operand, let filter): return try apply(filter, to: try evaluate(operand))
        case .test(let operand, let test): return try evaluateTest(operand, test, expression.line)
        }
    }

    private func evaluate(_ expressions: [Expression]) throws(TemplateError) -> [Value] {
        try charge(expressions.count)
        var values: [Value] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    @inline(never)
    private func makeDictionary(_ pairs: [(key: Expression, value: Expression)]) throws(TemplateError) -> Value {
        try charge(pairs.count)
        var entries = OrderedDictionary<Key, Value>(minimumCapacity: pairs.count)
        for pair in pairs { entries[try key(try evaluate(pair.key))] = try evaluate(pair.value) }
        return try dictionary(entries)
    }

    func key(_ value: Value) throws(TemplateError) -> Key {
        guard let key = Key(value) else { throw failure(.type, "unhashable type: '\(value.typeName)'") }
        return key
    }

    func dictionary(_ entries: OrderedDictionary<Key, Value>) throws(TemplateError) -> Value {
        try charge(elements: entries.count)
        let mapping = Mapping(entries)
        try check(depth: mapping.depth)
        return .dictionary(mapping)
    }

    @inline(never)
    private func evaluateArithmetic(
        _ first: Expression, _ rest: [(operation: ArithmeticOperator, operand: Expression)], _ line: Int
    ) throws(TemplateError) -> Value {
        var result = try evaluate(first)
        for (operation, operand) in rest {
            let right = try evaluate(operand)
            try charge()
            self.line = line
            result = try compute(operation, result, right)
        }
        return result
    }

    @inline(never)
    private func evaluateConcatenation(_ operands: [Expression]) throws(TemplateError) -> Value {
        try charge(operands.count)
        var result = Text()
        for operand in operands {
            let text = try text(of: try evaluate(operand))
            try charge(bytes: result.count + text.count)
            result.append(text.plain)
        }
        return .text(result)
    }

    @inline(never)
    private func evaluateComparison(
        _ first: Expression, _ rest: [(operation: ComparisonOperator, operand: Expression)], _ line: Int
    ) throws(TemplateError) -> Value {
        var left = try evaluate(first)
        for (operation, operand) in rest {
            let right = try evaluate(operand)
            try charge()
            self.line = line
            guard try compare(operation, left, right) else { return .boolean(false) }
            left = right
        }
        return .boolean(true)
    }

    /// The operand that decides, as Python's `and` and `or` give it.
    @inline(never)
    private func evaluateLogic(_ operands: [Expression], stopsAt truth: Bool) throws(TemplateError) -> Value {
        var result = Value.none
        for operand in operands {
            try charge()
            result = try evaluate(operand)
            if result.isTruthy == truth { break }
        }
        return result
    }

    @inline(never)
    private func evaluateConditional(
        _ test: Expression, _ then: Expression, _ otherwise: Expression?
    ) throws(TemplateError) -> Value {
        if try evaluate(test).isTruthy { return try evaluate(then) }
        if let otherwise { return try evaluate(otherwise) }
        return .undefined(
            Undefined(.other("the inline if-expression on line \(line) evaluated to false and has no else")))
    }

    @inline(never)
    private func evaluateAttribute(_ object: Expression, _ name: String, _ line: Int) throws(TemplateError) -> Value {
        let object = try evaluate(object)
        self.line = line
        return try attribute(Text(name), of: object)
    }

    @inline(never)
    private func evaluateItem(_ object: Expression, _ key: Expression, _ line: Int) throws(TemplateError) -> Value {
        let object = try evaluate(object)
        let key = try evaluate(key)
        self.line = line
        return try item(key, of: object)
    }

    @inline(never)
    private func evaluateSlice(
        _ object: Expression, _ start: Expression?, _ stop: Expression?, _ step: Expression?
    ) throws(TemplateError) -> Value {
        let object = try evaluate(object)
        let bounds = try [start, stop, step].map { (bound) throws(TemplateError) -> Int? in
            try bound.map { (bound) throws(TemplateError) in try sliceBound(try evaluate(bound)) } ?? nil
        }
        return try slice(object, start: bounds[0], stop: bounds[1], step: bounds[2])
    }

    private func sliceBound(_ value: Value) throws(TemplateError) -> Int? {
        if value.isNone { return nil }
        guard let bound = value.asInteger else { throw failure(.type, "slice indices must be integers or none") }
        return bound
    }

    // MARK: Calls

    @inline(never)
    private func evaluateCall(
        _ callee: Expression, _ arguments: CallArguments, _ line: Int
    ) throws(TemplateError) -> Value {
        let callee = try evaluate(callee)
        let arguments = try evaluate(arguments)
        self.line = line
        return try call(callee, arguments)
    }

    func evaluate(_ written: CallArguments) throws(TemplateError) -> Arguments {
        var arguments = Arguments(positional: try evaluate(written.positional))
        for (name, value) in written.named { arguments.named.append((name, try evaluate(value))) }
        if let spread = written.spread { arguments.positional += try members(of: try evaluate(spread)) }
        if let spread = written.namedSpread { try addNamed(try evaluate(spread), to: &arguments) }
        return arguments
    }

    private func addNamed(_ value: Value, to arguments: inout Arguments) throws(TemplateError) {
        guard case .dictionary(let mapping) = value else {
            throw failure(.type, "argument after ** must be a mapping, not \(value.typeName)")
        }
        for (key, value) in mapping.entries {
            guard case .text(let name) = key.value else { throw failure(.type, "keywords must be strings") }
            guard !arguments.named.contains(where: { $0.name == name.string }) else {
                throw failure(.type, "argument '\(name.string)' is given twice")
            }
            try charge(arguments.named.count)
            arguments.named.append((name.string, value))
        }
    }

    @inline(never)
    func apply(_ filter: FilterCall, to value: Value) throws(TemplateError) -> Value {
        let arguments = try evaluate(filter.arguments)
        line = filter.line
        guard let function = filter.function else { throw failure(.syntax, "no filter named '\(filter.name)'") }
        return try checked(try function(self, value, arguments))
    }

    @inline(never)
    private func evaluateTest(_ operand: Expression, _ test: TestCall, _ line: Int) throws(TemplateError) -> Value {
        let value = try evaluate(operand)
        let arguments = try evaluate(test.arguments)
        self.line = line
        guard let function = test.function else { throw failure(.syntax, "no test named '\(test.name)'") }
        return .boolean(try function(self, value, arguments))
    }

    /// Charges for what a native function has made.
    func checked(_ value: Value) throws(TemplateError) -> Value {
        switch value {
        case .text(let text): try charge(bytes: text.count)
        case .list(let elements), .tuple(let elements):
            try charge(elements: elements.values.count)
            try check(depth: elements.depth)
        default: break
        }
        return value
    }
}
