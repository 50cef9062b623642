/// Turns tokens into a program: recursive descent along Jinja's grammar.
struct Parser {
    let tokens: [Token]
    let limits: TemplateLimits
    var position = 0
    var variables: [String] = []
    private var identifiers: [String: Int] = [:]
    /// Nesting of blocks and expressions at the parser's position.
    private var nesting = 0
    /// How many loops around the position a `break` could leave.
    var loopDepth = 0
    /// Names used by the macro bodies around the position, innermost last.
    var macroNames: [Set<String>] = []
    /// Whether the position is directly in a condition's branch, where unknown filters are no syntax error.
    var isConditional = false
    /// Unknown filters and tests that turn out to be errors unless a conditional expression encloses them.
    var unknownNames: [TemplateError] = []

    /// Reads a whole template.
    static func program(of source: String, limits: TemplateLimits) throws(TemplateError) -> Program {
        guard source.utf8.count <= limits.templateBytes else {
            throw TemplateError(.budget(.templateBytes), "the template is too long", line: 1)
        }
        var parser = Parser(tokens: try Lexer.tokens(of: source), limits: limits)
        let body = try parser.parseBody(until: [])
        if let unknown = parser.unknownNames.first { throw unknown }
        let loopVariable = parser.identifiers["loop"].map { Variable(id: $0, name: "loop") }
        return Program(body: body, variables: parser.variables, loopVariable: loopVariable)
    }

    private init(tokens: [Token], limits: TemplateLimits) {
        self.tokens = tokens
        self.limits = limits
    }

    // MARK: Tokens

    /// INVARIANT: the last token is `.end` and is never passed.
    var current: Token { tokens[position] }
    var next: Token { tokens[min(position + 1, tokens.count - 1)] }
    var line: Int { current.line }

    mutating func advance() {
        position = min(position + 1, tokens.count - 1)
    }

    func isName(_ name: String) -> Bool { current.kind == .name(name) }
    func isSymbol(_ symbol: Token.Symbol) -> Bool { current.kind == .symbol(symbol) }

    mutating func take(name: String) -> Bool {
        guard isName(name) else { return false }
        advance()
        return true
    }

    mutating func take(_ symbol: Token.Symbol) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: Token.Symbol) throws(TemplateError) {
        guard take(symbol) else { throw failure("expected '\(symbol.rawValue)', got \(current.description)") }
    }

    mutating func expect(name: String) throws(TemplateError) {
        guard take(name: name) else { throw failure("expected '\(name)', got \(current.description)") }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else { throw failure("expected a name, got \(current.description)") }
        advance()
        return name
    }

    mutating func expect(_ kind: Token.Kind) throws(TemplateError) {
        guard current.kind == kind else {
            let expected = Token(kind: kind, line: line).description
            throw failure("expected \(expected), got \(current.description)")
        }
        advance()
    }

    func failure(_ message: String, line: Int? = nil) -> TemplateError {
        TemplateError(.syntax, message, line: line ?? self.line)
    }

    // MARK: Names and depth

    mutating func variable(_ name: String) -> Variable {
        if let id = identifiers[name] { return Variable(id: id, name: name) }
        identifiers[name] = variables.count
        variables.append(name)
        return Variable(id: variables.count - 1, name: name)
    }

    /// Makes a node, or fails when it would be deeper than the limit.
    func node(
        _ kind: Expression.Kind, line: Int, over children: [Expression] = []
    ) throws(TemplateError) -> Expression {
        let depth = (children.lazy.map(\.depth).max() ?? 0) + 1
        guard depth <= limits.syntaxDepth else { throw tooDeep() }
        return Expression(kind, line: line, depth: depth)
    }

    /// Enters one more level of nesting; pair with ``leave()``. An error ends the parse, so it need not leave.
    mutating func enter() throws(TemplateError) {
        nesting += 1
        guard nesting <= limits.syntaxDepth else { throw tooDeep() }
    }

    mutating func leave() {
        nesting -= 1
    }

    private func tooDeep() -> TemplateError {
        TemplateError(.budget(.nesting), "the template nests deeper than \(limits.syntaxDepth) levels", line: line)
    }
}
