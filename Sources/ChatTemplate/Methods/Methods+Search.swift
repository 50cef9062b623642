/// Methods of strings that look for others.
extension Methods {
    /// A search's text, what it looks for, and the bytes it looks in.
    private struct Search {
        var text: Text
        var part: Text
        var range: Range<Int>
        /// Whether the bounds are in order: Python finds nothing otherwise, not even the empty string.
        var isProper: Bool
    }

    private static func search(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments, _ name: String
    ) throws(TemplateError) -> Search {
        let bound = try interpreter.bind(arguments, to: name, ["sub", "start", "end"], required: 1)
        let text = try interpreter.text(receiver, name)
        try interpreter.charge(text.count >> 6)
        let part = try interpreter.text(bound[0], name)
        let (range, isProper) = try bytes(of: text, from: bound[1], to: bound[2], interpreter, name)
        return Search(text: text, part: part, range: range, isProper: isProper)
    }

    private static func bytes(
        of text: Text, from start: Value?, to end: Value?, _ interpreter: Interpreter, _ name: String
    ) throws(TemplateError) -> (Range<Int>, Bool) {
        if start == nil, end == nil { return (0..<text.count, true) }
        let offsets = text.scalarOffsets
        let count = offsets.count - 1
        func clip(_ bound: Value?, default fallback: Int) throws(TemplateError) -> Int {
            let bound = bound?.isNone == true ? fallback : try interpreter.integer(bound, default: fallback, name)
            return bound < 0 ? max(bound + count, 0) : bound
        }
        let first = try clip(start, default: 0)
        let last = min(try clip(end, default: count), count)
        guard first <= last else { return (0..<0, false) }
        return (offsets[first]..<offsets[last], true)
    }

    @Sendable static func countOccurrences(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let search = try search(interpreter, receiver, arguments, "count")
        guard search.isProper else { return .integer(0) }
        return .integer(search.text[search.range].ranges(of: search.part).count)
    }

    @Sendable static func find(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        .integer(position(try search(interpreter, receiver, arguments, "find"), fromRight: false) ?? -1)
    }

    @Sendable static func findLast(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        .integer(position(try search(interpreter, receiver, arguments, "rfind"), fromRight: true) ?? -1)
    }

    @Sendable static func indexFirst(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try found(position(try search(interpreter, receiver, arguments, "index"), fromRight: false), interpreter)
    }

    @Sendable static func indexLast(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try found(position(try search(interpreter, receiver, arguments, "rindex"), fromRight: true), interpreter)
    }

    private static func found(_ position: Int?, _ interpreter: Interpreter) throws(TemplateError) -> Value {
        guard let position else { throw interpreter.failure(.value, "substring not found") }
        return .integer(position)
    }

    /// In scalars.
    private static func position(_ search: Search, fromRight: Bool) -> Int? {
        guard search.isProper else { return nil }
        let (low, high) = (search.range.lowerBound, search.range.upperBound)
        let found =
            fromRight
            ? search.text.lastRange(of: search.part, from: low, to: high)
            : search.text.firstRange(of: search.part, from: low, to: high)
        return found.map { search.text[0..<$0.lowerBound].scalarCount }
    }

    @Sendable static func startsWith(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try affix(interpreter, receiver, arguments, "startswith") { $0.hasPrefix($1) }
    }

    @Sendable static func endsWith(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try affix(interpreter, receiver, arguments, "endswith") { $0.hasSuffix($1) }
    }

    /// The affix may be a tuple of choices.
    private static func affix(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments, _ name: String,
        _ matches: (Text, Text) -> Bool
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: name, ["affix", "start", "end"], required: 1)
        let text = try interpreter.text(receiver, name)
        var choices = [bound[0] ?? .none]
        if case .tuple(let elements)? = bound[0] { choices = elements.values }
        let (range, isProper) = try bytes(of: text, from: bound[1], to: bound[2], interpreter, name)
        let part = text[range]
        for choice in choices {
            let affix = try interpreter.text(choice, name)
            if isProper, matches(part, affix) { return .boolean(true) }
        }
        return .boolean(false)
    }
}
