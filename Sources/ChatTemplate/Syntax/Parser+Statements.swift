extension Parser {
    /// Statements up to one of the tags `endTags`, whose name becomes the current token; without any, all there are.
    mutating func parseBody(until endTags: [String]) throws(TemplateError) -> [Statement] {
        try enter()
        defer { leave() }
        var body: [Statement] = []
        while true {
            let token = current
            advance()
            switch token.kind {
            case .data(let text): body.append(.text(Text(text)))
            case .variableBegin:
                body.append(.print(try parseTuple()))
                try expect(.variableEnd)
            case .blockBegin:
                if case .name(let name) = current.kind, endTags.contains(name) { return body }
                body.append(contentsOf: try parseStatement())
                try expect(.blockEnd)
            case .end where endTags.isEmpty: return body
            case .end:
                throw failure(
                    "unexpected end of template, expected '\(endTags.joined(separator: "' or '"))'", line: token.line)
            default: throw failure("unexpected \(token.description)", line: token.line)
            }
        }
    }

    /// The body of a block, from the end of its opening tag; a colon before that is allowed, as in Python.
    private mutating func parseBlock(until endTags: String...) throws(TemplateError) -> [Statement] {
        _ = take(.colon)
        try expect(.blockEnd)
        return try parseBody(until: endTags)
    }

    private mutating func parseStatement() throws(TemplateError) -> [Statement] {
        let line = self.line
        guard case .name(let tag) = current.kind else { throw failure("tag name expected") }
        advance()
        switch tag {
        case "if": return [try parseIf()]
        case "for": return [try parseFor(line: line)]
        case "set": return [try parseSet(line: line)]
        case "macro": return [try parseMacro()]
        case "call": return [try parseCallBlock(line: line)]
        case "filter": return [try parseFilterBlock()]
        case "with": return [try parseWith()]
        case "print": return try parsePrint()
        case "do": return [.evaluate(try parseTuple())]
        case "generation": return [try parseGeneration()]
        case "block": return [try parseNamedBlock()]
        case "break", "continue":
            guard loopDepth > 0 else { throw failure("'\(tag)' outside of a loop", line: line) }
            return [tag == "break" ? .breakLoop : .continueLoop]
        default: throw failure("unknown tag '\(tag)'", line: line)
        }
    }

    // MARK: Conditions and loops

    private mutating func parseIf() throws(TemplateError) -> Statement {
        let wasConditional = isConditional
        defer { isConditional = wasConditional }
        isConditional = true
        var branches: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try parseTuple(allowsConditions: false)
            branches.append((test, try parseBlock(until: "elif", "else", "endif")))
            if take(name: "elif") { continue }
            let otherwise = take(name: "else") ? try parseBlock(until: "endif") : []
            try expect(name: "endif")
            return .conditional(branches: branches, otherwise: otherwise)
        }
    }

    private mutating func parseFor(line: Int) throws(TemplateError) -> Statement {
        let target = try parseTarget(endName: "in")
        try expect(name: "in")
        let iterable = try parseTuple(allowsConditions: false, endName: "recursive")
        let (condition, isRecursive, body, otherwise) = try inNewScope {
            (parser) throws(TemplateError) -> (Expression?, Bool, [Statement], [Statement]) in
            let condition = parser.take(name: "if") ? try parser.parseExpression() : nil
            let isRecursive = parser.take(name: "recursive")
            parser.loopDepth += 1
            let body = try parser.parseBlock(until: "endfor", "else")
            parser.loopDepth -= 1
            let otherwise = parser.take(name: "else") ? try parser.parseBlock(until: "endfor") : []
            return (condition, isRecursive, body, otherwise)
        }
        try expect(name: "endfor")
        return .loop(
            LoopStatement(
                target: target, iterable: iterable, condition: condition, isRecursive: isRecursive, body: body,
                otherwise: otherwise, line: line))
    }

    /// Parses what gets variables of its own, and is therefore no longer directly inside a condition.
    private mutating func inNewScope<Result>(
        _ parse: (inout Parser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        let wasConditional = isConditional
        isConditional = false
        defer { isConditional = wasConditional }
        return try parse(&self)
    }

    // MARK: Assignments

    private mutating func parseSet(line: Int) throws(TemplateError) -> Statement {
        let target = try parseTarget(allowsAttributes: true)
        if take(.assign) { return .assign(target, try parseTuple(), line: line) }
        let filters = try parseFilterChain()
        let body = try inNewScope { (parser) throws(TemplateError) in try parser.parseBlock(until: "endset") }
        advance()
        return .capture(target, filters, body)
    }

    private mutating func parseFilterChain() throws(TemplateError) -> [FilterCall] {
        var filters: [FilterCall] = []
        while take(.pipe) { filters.append(try parseFilter()) }
        return filters
    }

    private mutating func parseTarget(
        endName: String? = nil, allowsAttributes: Bool = false
    ) throws(TemplateError) -> AssignmentTarget {
        var targets: [AssignmentTarget] = []
        var isTuple = false
        while !isTupleEnd(endName) {
            targets.append(try parseSingleTarget(allowsAttributes))
            guard take(.comma) else { break }
            isTuple = true
        }
        if !isTuple, let only = targets.first { return only }
        guard isTuple else { throw failure("expected a variable, got \(current.description)") }
        return .tuple(targets)
    }

    private mutating func parseSingleTarget(_ allowsAttributes: Bool) throws(TemplateError) -> AssignmentTarget {
        if take(.leftParenthesis) {
            try enter()
            defer { leave() }
            let target = try parseTarget()
            try expect(.rightParenthesis)
            return target
        }
        let name = try expectName()
        if allowsAttributes, take(.dot) { return .attribute(of: variable(name), name: try expectName()) }
        return .variable(try assignable(name))
    }

    private mutating func assignable(_ name: String) throws(TemplateError) -> Variable {
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
            throw failure("can't assign to '\(name)'")
        }
        guard name != "loop" || loopDepth == 0 else { throw failure("can't assign to the special variable 'loop'") }
        return variable(name)
    }

    private mutating func parseWith() throws(TemplateError) -> Statement {
        var assignments: [(target: AssignmentTarget, value: Expression)] = []
        while current.kind != .blockEnd {
            if !assignments.isEmpty { try expect(.comma) }
            let target = try parseTarget()
            try expect(.assign)
            assignments.append((target, try parseExpression()))
        }
        let body = try inNewScope { (parser) throws(TemplateError) in try parser.parseBlock(until: "endwith") }
        advance()
        return .with(assignments, body)
    }

    // MARK: Output

    private mutating func parsePrint() throws(TemplateError) -> [Statement] {
        var statements: [Statement] = []
        while current.kind != .blockEnd {
            if !statements.isEmpty { try expect(.comma) }
            statements.append(.print(try parseExpression()))
        }
        return statements
    }

    private mutating func parseFilterBlock() throws(TemplateError) -> Statement {
        let filters = [try parseFilter()] + (try parseFilterChain())
        let body = try inNewScope { (parser) throws(TemplateError) in try parser.parseBlock(until: "endfilter") }
        advance()
        return .filter(filters, body)
    }

    /// A block that a template would override; there are no others to inherit from, so it is its own body.
    private mutating func parseNamedBlock() throws(TemplateError) -> Statement {
        let name = try expectName()
        _ = take(name: "scoped")
        guard !isName("required") else { throw failure("required blocks need template inheritance") }
        let body = try parseFunctionBody(until: "endblock").body
        _ = take(name: name)
        return .scope(body, isIsolated: true)
    }

    /// The assistant's own text, which training code wants marked; here it prints like anything else.
    private mutating func parseGeneration() throws(TemplateError) -> Statement {
        .scope(try parseFunctionBody(until: "endgeneration").body, isIsolated: false)
    }
}

// MARK: - Macros

extension Parser {
    private mutating func parseMacro() throws(TemplateError) -> Statement {
        let name = try assignable(try expectName())
        let signature = try inNewScope { (parser) throws(TemplateError) in try parser.parseSignature() }
        return .macro(try parseMacroBody(name, signature, until: "endmacro"))
    }

    private mutating func parseCallBlock(line: Int) throws(TemplateError) -> Statement {
        let signature =
            isSymbol(.leftParenthesis)
            ? try inNewScope { (parser) throws(TemplateError) in try parser.parseSignature() }
            : (parameters: [], names: [])
        let call = try parseExpression()
        guard case .call(let callee, let arguments) = call.kind else { throw failure("expected a call", line: line) }
        let body = try parseMacroBody(nil, signature, until: "endcall")
        return .call(callee, arguments, caller: body, line: line)
    }

    private typealias Signature = (parameters: [(variable: Variable, fallback: Expression?)], names: Set<String>)

    private mutating func parseSignature() throws(TemplateError) -> Signature {
        try expect(.leftParenthesis)
        macroNames.append([])
        var parameters: [(variable: Variable, fallback: Expression?)] = []
        while !isSymbol(.rightParenthesis) {
            if !parameters.isEmpty { try expect(.comma) }
            let name = variable(try expectName())
            guard !parameters.contains(where: { $0.variable == name }) else {
                throw failure("parameter '\(name.name)' is given twice")
            }
            if take(.assign) {
                parameters.append((name, try parseExpression()))
            } else {
                guard parameters.last?.fallback == nil else {
                    throw failure("a parameter without default follows one with a default")
                }
                parameters.append((name, nil))
            }
        }
        try expect(.rightParenthesis)
        return (parameters, macroNames.removeLast())
    }

    private mutating func parseMacroBody(
        _ name: Variable?, _ signature: Signature, until endTag: String
    ) throws(TemplateError) -> MacroDefinition {
        let (body, used) = try parseFunctionBody(until: endTag)
        let names = used.subtracting(signature.parameters.map(\.variable.name))
        return MacroDefinition(
            variable: name, parameters: signature.parameters, body: body, usesCaller: names.contains("caller"),
            usesExtraPositional: names.contains("varargs"), usesExtraNamed: names.contains("kwargs"))
    }

    /// A body that is a function of its own: it cannot leave a loop around it. Also gives the names it mentions.
    private mutating func parseFunctionBody(
        until endTag: String
    ) throws(TemplateError) -> (body: [Statement], names: Set<String>) {
        let outerLoops = loopDepth
        defer { loopDepth = outerLoops }
        loopDepth = 0
        macroNames.append([])
        let body = try inNewScope { (parser) throws(TemplateError) in try parser.parseBlock(until: endTag) }
        advance()
        return (body, macroNames.removeLast())
    }
}
