extension Parser {
    /// An expression with inline conditions: the loosest level of the grammar.
    mutating func parseExpression() throws(TemplateError) -> Expression {
        try enter()
        defer { leave() }
        let unknownBefore = unknownNames.count
        var line = self.line
        var expression = try parseOr()
        while take(name: "if") {
            let test = try parseOr()
            let otherwise = take(name: "else") ? try parseExpression() : nil
            // Jinja reports unknown filters in a conditional only when it evaluates them.
            unknownNames.removeSubrange(unknownBefore...)
            expression = try node(
                .conditional(test: test, then: expression, otherwise: otherwise), line: line,
                over: [test, expression] + (otherwise.map { [$0] } ?? []))
            line = self.line
        }
        return expression
    }

    mutating func parseOr() throws(TemplateError) -> Expression {
        let line = self.line
        var operands = [try parseAnd()]
        while take(name: "or") { operands.append(try parseAnd()) }
        return operands.count == 1 ? operands[0] : try node(.or(operands), line: line, over: operands)
    }

    private mutating func parseAnd() throws(TemplateError) -> Expression {
        let line = self.line
        var operands = [try parseNot()]
        while take(name: "and") { operands.append(try parseNot()) }
        return operands.count == 1 ? operands[0] : try node(.and(operands), line: line, over: operands)
    }

    private mutating func parseNot() throws(TemplateError) -> Expression {
        let line = self.line
        guard take(name: "not") else { return try parseComparison() }
        try enter()
        defer { leave() }
        let operand = try parseNot()
        return try node(.not(operand), line: line, over: [operand])
    }

    private mutating func parseComparison() throws(TemplateError) -> Expression {
        let line = self.line
        let first = try parseSum()
        var rest: [(operation: ComparisonOperator, operand: Expression)] = []
        while let operation = takeComparison() { rest.append((operation, try parseSum())) }
        if rest.isEmpty { return first }
        return try node(.comparison(first, rest), line: line, over: [first] + rest.map(\.operand))
    }

    private mutating func takeComparison() -> ComparisonOperator? {
        switch current.kind {
        case .symbol(let symbol):
            guard let operation = ComparisonOperator(rawValue: symbol.rawValue) else { return nil }
            advance()
            return operation
        case .name("in"):
            advance()
            return .isIn
        case .name("not") where next.kind == .name("in"):
            advance()
            advance()
            return .isNotIn
        default: return nil
        }
    }

    private mutating func parseSum() throws(TemplateError) -> Expression {
        let line = self.line
        let first = try parseConcatenation()
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while let operation = takeArithmetic(of: [.add, .subtract]) {
            rest.append((operation, try parseConcatenation()))
        }
        return try arithmetic(first, rest, line: line)
    }

    private mutating func parseConcatenation() throws(TemplateError) -> Expression {
        let line = self.line
        var operands = [try parseProduct()]
        while take(.tilde) { operands.append(try parseProduct()) }
        return operands.count == 1 ? operands[0] : try node(.concatenation(operands), line: line, over: operands)
    }

    private mutating func parseProduct() throws(TemplateError) -> Expression {
        let line = self.line
        let first = try parsePower()
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while let operation = takeArithmetic(of: [.multiply, .divide, .floorDivide, .modulo]) {
            rest.append((operation, try parsePower()))
        }
        return try arithmetic(first, rest, line: line)
    }

    /// Powers bind to the left in Jinja, unlike in Python.
    private mutating func parsePower() throws(TemplateError) -> Expression {
        let line = self.line
        let first = try parseUnary()
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while takeArithmetic(of: [.power]) != nil { rest.append((.power, try parseUnary())) }
        return try arithmetic(first, rest, line: line)
    }

    private mutating func takeArithmetic(of operations: [ArithmeticOperator]) -> ArithmeticOperator? {
        guard case .symbol(let symbol) = current.kind, let operation = ArithmeticOperator(rawValue: symbol.rawValue),
            operations.contains(operation)
        else { return nil }
        advance()
        return operation
    }

    private func arithmetic(
        _ first: Expression, _ rest: [(operation: ArithmeticOperator, operand: Expression)], line: Int
    ) throws(TemplateError) -> Expression {
        if rest.isEmpty { return first }
        return try node(.arithmetic(first, rest), line: line, over: [first] + rest.map(\.operand))
    }

    /// A sign binds tighter than filters: `-1|abs` is `(-1)|abs`.
    private mutating func parseUnary(withFilters: Bool = true) throws(TemplateError) -> Expression {
        let line = self.line
        var expression: Expression
        if isSymbol(.subtract) || isSymbol(.add) {
            let isNegative = isSymbol(.subtract)
            advance()
            try enter()
            let operand = try parseUnary(withFilters: false)
            leave()
            expression = try node(isNegative ? .negative(operand) : .positive(operand), line: line, over: [operand])
        } else {
            expression = try parsePrimary()
        }
        expression = try parsePostfix(expression)
        return withFilters ? try parseFilters(expression) : expression
    }
}

// MARK: - Literals

extension Parser {
    mutating func parsePrimary() throws(TemplateError) -> Expression {
        let token = current
        advance()
        switch token.kind {
        case .name(let name): return try node(named(name), line: token.line)
        case .string(var text):
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            return try node(.constant(.text(Text(text))), line: token.line)
        case .integer(let value): return try node(.constant(.integer(value)), line: token.line)
        case .float(let value): return try node(.constant(.float(value)), line: token.line)
        case .symbol(.leftParenthesis):
            let expression = try parseTuple(allowsEmpty: true)
            try expect(.rightParenthesis)
            return expression
        case .symbol(.leftBracket): return try parseList(line: token.line)
        case .symbol(.leftBrace): return try parseDictionary(line: token.line)
        default: throw failure("unexpected \(token.description)", line: token.line)
        }
    }

    private mutating func named(_ name: String) -> Expression.Kind {
        switch name {
        case "true", "True": return .constant(.boolean(true))
        case "false", "False": return .constant(.boolean(false))
        case "none", "None": return .constant(.none)
        default:
            for index in macroNames.indices { macroNames[index].insert(name) }
            return .variable(variable(name))
        }
    }

    /// One expression, or several with commas between them, which make a tuple.
    /// - Parameter endName: a word that ends the tuple like a closing delimiter does.
    mutating func parseTuple(
        allowsEmpty: Bool = false, allowsConditions: Bool = true, endName: String? = nil
    ) throws(TemplateError) -> Expression {
        let line = self.line
        var elements: [Expression] = []
        var isTuple = false
        while !isTupleEnd(endName) {
            elements.append(allowsConditions ? try parseExpression() : try parseOr())
            guard take(.comma) else { break }
            isTuple = true
        }
        if !isTuple, let only = elements.first { return only }
        guard isTuple || allowsEmpty else { throw failure("expected an expression, got \(current.description)") }
        return try node(.tuple(elements), line: line, over: elements)
    }

    func isTupleEnd(_ endName: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
        case .name(let name): name == endName
        default: false
        }
    }

    private mutating func parseList(line: Int) throws(TemplateError) -> Expression {
        var elements: [Expression] = []
        while !isSymbol(.rightBracket) {
            if !elements.isEmpty { try expect(.comma) }
            if isSymbol(.rightBracket) { break }
            elements.append(try parseExpression())
        }
        try expect(.rightBracket)
        return try node(.list(elements), line: line, over: elements)
    }

    private mutating func parseDictionary(line: Int) throws(TemplateError) -> Expression {
        var pairs: [(key: Expression, value: Expression)] = []
        while !isSymbol(.rightBrace) {
            if !pairs.isEmpty { try expect(.comma) }
            if isSymbol(.rightBrace) { break }
            let key = try parseExpression()
            try expect(.colon)
            pairs.append((key, try parseExpression()))
        }
        try expect(.rightBrace)
        return try node(.dictionary(pairs), line: line, over: pairs.flatMap { [$0.key, $0.value] })
    }
}
