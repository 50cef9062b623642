/// Attributes, subscripts, calls, filters and tests.
extension Parser {
    mutating func parsePostfix(_ expression: Expression) throws(TemplateError) -> Expression {
        var expression = expression
        while case .symbol(let symbol) = current.kind {
            switch symbol {
            case .dot: expression = try parseAttribute(of: expression)
            case .leftBracket: expression = try parseSubscript(of: expression)
            case .leftParenthesis: expression = try parseCall(of: expression)
            default: return expression
            }
        }
        return expression
    }

    mutating func parseFilters(_ expression: Expression) throws(TemplateError) -> Expression {
        var expression = expression
        while true {
            if isSymbol(.pipe) {
                advance()
                let filter = try parseFilter()
                expression = try node(
                    .filter(expression, filter), line: filter.line, over: [expression] + filter.arguments.expressions)
            } else if isName("is") {
                expression = try parseTest(of: expression)
            } else if isSymbol(.leftParenthesis) {
                expression = try parseCall(of: expression)
            } else {
                return expression
            }
        }
    }

    private mutating func parseAttribute(of value: Expression) throws(TemplateError) -> Expression {
        let line = self.line
        advance()
        switch current.kind {
        case .name(let name):
            advance()
            return try node(.attribute(value, name), line: line, over: [value])
        case .integer(let index):
            let subscription = try node(.constant(.integer(index)), line: line)
            advance()
            return try node(.item(value, subscription), line: line, over: [value])
        default: throw failure("expected a name or a number after '.'")
        }
    }

    private mutating func parseSubscript(of value: Expression) throws(TemplateError) -> Expression {
        let line = self.line
        advance()
        if isSymbol(.colon) { return try parseSlice(of: value, start: nil, line: line) }
        guard !isSymbol(.rightBracket) else { throw failure("expected a subscript") }
        var elements = [try parseExpression()]
        if isSymbol(.colon) { return try parseSlice(of: value, start: elements[0], line: line) }
        let isTuple = isSymbol(.comma)
        while take(.comma), !isSymbol(.rightBracket) { elements.append(try parseExpression()) }
        try expect(.rightBracket)
        let key = isTuple ? try node(.tuple(elements), line: line, over: elements) : elements[0]
        return try node(.item(value, key), line: line, over: [value, key])
    }

    private mutating func parseSlice(
        of value: Expression, start: Expression?, line: Int
    ) throws(TemplateError) -> Expression {
        try expect(.colon)
        let stop = isSymbol(.colon) || isSymbol(.rightBracket) ? nil : try parseExpression()
        var step: Expression?
        if take(.colon), !isSymbol(.rightBracket) { step = try parseExpression() }
        try expect(.rightBracket)
        return try node(
            .slice(value, start: start, stop: stop, step: step), line: line,
            over: [value] + [start, stop, step].compactMap(\.self))
    }

    private mutating func parseCall(of callee: Expression) throws(TemplateError) -> Expression {
        let line = self.line
        let arguments = try parseArguments()
        return try node(.call(callee, arguments), line: line, over: [callee] + arguments.expressions)
    }

    private mutating func parseArguments() throws(TemplateError) -> CallArguments {
        try expect(.leftParenthesis)
        var arguments = CallArguments()
        var needsComma = false
        while !isSymbol(.rightParenthesis) {
            if needsComma {
                try expect(.comma)
                if isSymbol(.rightParenthesis) { break }
            }
            try parseArgument(into: &arguments)
            needsComma = true
        }
        try expect(.rightParenthesis)
        return arguments
    }

    private mutating func parseArgument(into arguments: inout CallArguments) throws(TemplateError) {
        let invalid = failure("invalid order of arguments in a call")
        if take(.multiply) {
            guard arguments.spread == nil, arguments.namedSpread == nil else { throw invalid }
            arguments.spread = try parseExpression()
        } else if take(.power) {
            guard arguments.namedSpread == nil else { throw invalid }
            arguments.namedSpread = try parseExpression()
        } else if case .name(let name) = current.kind, next.kind == .symbol(.assign) {
            guard arguments.namedSpread == nil else { throw invalid }
            guard !arguments.named.contains(where: { $0.name == name }) else {
                throw failure("argument '\(name)' is given twice")
            }
            advance()
            advance()
            arguments.named.append((name, try parseExpression()))
        } else {
            guard arguments.spread == nil, arguments.namedSpread == nil, arguments.named.isEmpty else { throw invalid }
            arguments.positional.append(try parseExpression())
        }
    }

    /// A filter's name and arguments, after the `|`.
    mutating func parseFilter() throws(TemplateError) -> FilterCall {
        let line = self.line
        let name = try parseDottedName()
        let arguments = isSymbol(.leftParenthesis) ? try parseArguments() : CallArguments()
        let function = Filters.table[name]
        if function == nil { noteUnknown("filter", name, line) }
        return FilterCall(name: name, function: function, arguments: arguments, line: line)
    }

    private mutating func parseTest(of value: Expression) throws(TemplateError) -> Expression {
        let line = self.line
        advance()
        let isNegated = take(name: "not")
        let name = try parseDottedName()
        var arguments = CallArguments()
        if isSymbol(.leftParenthesis) {
            arguments = try parseArguments()
        } else if startsTestOperand {
            guard !isName("is") else { throw failure("tests cannot be chained with 'is'") }
            try enter()
            arguments.positional = [try parsePostfix(try parsePrimary())]
            leave()
        }
        let function = Tests.table[name]
        if function == nil { noteUnknown("test", name, line) }
        let call = TestCall(name: name, function: function, arguments: arguments)
        let test = try node(.test(value, call), line: line, over: [value] + arguments.expressions)
        return isNegated ? try node(.not(test), line: line, over: [test]) : test
    }

    /// `x is divisibleby 3`: an operand may follow without parentheses.
    private var startsTestOperand: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .integer, .float, .symbol(.leftBracket), .symbol(.leftBrace): true
        default: false
        }
    }

    private mutating func parseDottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while take(.dot) { name += "." + (try expectName()) }
        return name
    }

    private mutating func noteUnknown(_ what: String, _ name: String, _ line: Int) {
        if !isConditional { unknownNames.append(failure("no \(what) named '\(name)'", line: line)) }
    }
}
