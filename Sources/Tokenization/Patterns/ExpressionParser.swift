/// Reads the notation of regular expressions that Oniguruma, PCRE and Rust share.
struct ExpressionParser {
    let source: String
    var scalars: [UInt32]
    var position = 0
    /// `(?i)`
    var foldsCase = false
    private var depth = 0

    /// Groups within groups; more than anybody writes, few enough for the stack.
    private static let deepest = 100

    /// Repetitions of a repetition, for the same reason.
    private static let mostMarks = 2

    init(_ source: String) {
        self.source = source
        scalars = source.unicodeScalars.map(\.value)
    }

    mutating func parse() throws(TokenizerError) -> ExpressionTree {
        let tree = try parseAlternatives()
        guard position == scalars.count else { throw fault("it has a parenthesis too many") }
        return tree
    }

    func fault(_ reason: String) -> TokenizerError {
        .unsupportedExpression(source, reason: reason)
    }

    var current: Unicode.Scalar? {
        position < scalars.count ? Unicode.Scalar(scalars[position]) : nil
    }

    /// Moves on if `text` stands here.
    mutating func skip(_ text: String) -> Bool {
        let wanted = text.unicodeScalars.map(\.value)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func parseAlternatives() throws(TokenizerError) -> ExpressionTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw fault("its groups nest too deep") }
        let outer = foldsCase
        defer { foldsCase = outer }
        var parts = [try parseSequence()]
        while skip("|") { parts.append(try parseSequence()) }
        return parts.count == 1 ? parts[0] : .alternatives(parts)
    }

    private mutating func parseSequence() throws(TokenizerError) -> ExpressionTree {
        var parts: [ExpressionTree] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            guard let atom = try parseAtom() else { continue }
            parts.append(try parseRepetition(of: atom))
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func parseRepetition(of atom: ExpressionTree) throws(TokenizerError) -> ExpressionTree {
        var tree = atom
        var marks = 0
        while true {
            let isBraced = current == "{"
            guard let (minimum, maximum) = try parseCount() else { break }
            marks += 1
            guard marks <= Self.mostMarks else { throw fault("its repetitions nest too deep") }
            // Behind a brace a plus is no mark of possession: the counted repetition is itself repeated, as in Ruby.
            let greed: ExpressionTree.Greed = skip("?") ? .lazy : !isBraced && skip("+") ? .possessive : .greedy
            tree = .repetition(tree, minimum: minimum, maximum: maximum, greed)
        }
        return tree
    }

    /// `*`, `+`, `?`, `{2}`, `{2,}`, `{,3}`, `{2,3}`, or nil.
    private mutating func parseCount() throws(TokenizerError) -> (Int, Int?)? {
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        let start = position
        guard skip("{") else { return nil }
        let minimum = try parseNumber()
        var maximum = minimum
        if skip(",") { maximum = try parseNumber() } else if minimum == nil { position = start }
        guard position > start, skip("}"), minimum != nil || maximum != nil else {
            position = start
            return nil
        }
        if let minimum, let maximum, maximum < minimum { throw fault("a repetition's bounds are the wrong way round") }
        return (minimum ?? 0, maximum)
    }

    private mutating func parseNumber() throws(TokenizerError) -> Int? {
        var value: Int?
        while let scalar = current, let digit = scalar.properties.numericType == .decimal ? Int(String(scalar)) : nil {
            value = (value ?? 0) * 10 + digit
            position += 1
            if let value, value > 1000 { throw fault("it repeats too much") }
        }
        return value
    }

    /// One character, class, group or anchor; nil for what only sets options.
    private mutating func parseAtom() throws(TokenizerError) -> ExpressionTree? {
        guard let scalar = current else { return nil }
        switch scalar {
        case "(": return try parseGroup()
        case "[": return .set(try parseSet())
        case "\\": return try parseEscape()
        case ".":
            position += 1
            return .set(ScalarMatcher([.range(0x0A...0x0A)], isNegated: true))
        case "^":
            position += 1
            return .anchor(.lineStart)
        case "$":
            position += 1
            return .anchor(.lineEnd)
        case "*", "+", "?": throw fault("it repeats nothing")
        default:
            // What is no count is a brace.
            position += 1
            return folded(scalar.value)
        }
    }

    func folded(_ scalar: UInt32) -> ExpressionTree {
        guard foldsCase else { return .scalar(scalar) }
        let variants = CaseFolding.variants(of: scalar)
        return variants.isEmpty
            ? .scalar(scalar) : .set(ScalarMatcher(([scalar] + variants).map { .range($0...$0) }))
    }

    private mutating func parseGroup() throws(TokenizerError) -> ExpressionTree? {
        position += 1
        var look: (isNegated: Bool, isBehind: Bool)?
        let outer = foldsCase
        if skip("?") {
            if skip("=") {
                look = (false, false)
            } else if skip("!") {
                look = (true, false)
            } else if skip("<=") {
                look = (false, true)
            } else if skip("<!") {
                look = (true, true)
            } else if skip(">") {
                throw fault("it has an atomic group")
            } else if skip("P<") || skip("<") {
                while let scalar = current, scalar != ">" { position += 1 }
                _ = skip(">")
            } else if try parseOptions() {
                // `(?i)` holds to the end of the group around it.
                return nil
            }
        }
        let body = try parseAlternatives()
        foldsCase = outer
        guard skip(")") else { throw fault("a parenthesis is not closed") }
        guard let look else { return body }
        return .look(body, isNegated: look.isNegated, isBehind: look.isBehind)
    }

    /// The letters before `:` or `)`.
    ///
    /// - Returns: whether the group ended with them.
    private mutating func parseOptions() throws(TokenizerError) -> Bool {
        var isOn = true
        while let scalar = current {
            position += 1
            switch scalar {
            case ":": return false
            case ")": return true
            case "-": isOn = false
            case "i": foldsCase = isOn
            case "u", "m": break
            default: throw fault("it has the option \(scalar)")
            }
        }
        throw fault("a parenthesis is not closed")
    }
}
