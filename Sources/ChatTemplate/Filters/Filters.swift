/// The filters by name: Jinja's own as far as they make sense in a prompt, with `tojson` as in transformers.
enum Filters {
    static let table: [String: NativeFunction] = [
        "abs": absolute, "attr": attribute, "batch": batch, "capitalize": capitalize, "center": center,
        "count": length, "d": defaultValue, "default": defaultValue, "dictsort": dictionarySort, "e": escape,
        "escape": escape, "filesizeformat": fileSize, "first": first, "float": float, "forceescape": forceEscape,
        "format": format, "groupby": group, "indent": indent, "int": integer, "items": items, "join": join,
        "last": last, "length": length, "list": list, "lower": lower, "map": map, "max": maximum, "min": minimum,
        "reject": reject, "rejectattr": rejectAttribute, "replace": replace, "reverse": reverse, "round": round,
        "safe": safe, "select": select, "selectattr": selectAttribute, "slice": slice, "sort": sort,
        "string": string, "striptags": stripTags, "sum": sum, "title": title, "tojson": toJSON, "trim": trim,
        "truncate": truncate, "unique": unique, "upper": upper, "urlencode": urlEncode, "wordcount": wordCount,
    ]
}

// MARK: - Values

extension Filters {
    @Sendable static func defaultValue(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "default", ["default_value", "boolean"])
        let replacesFalse = bound[1]?.isTruthy ?? false
        return value.isUndefined || (replacesFalse && !value.isTruthy) ? bound[0] ?? .string("") : value
    }

    /// An attribute proper, never a member of a dictionary.
    @Sendable static func attribute(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "attr", ["name"], required: 1)
        let name = try interpreter.text(bound[0], "attr")
        if case .undefined(let undefined) = value { throw interpreter.failure(undefined.kind, undefined.message) }
        return try interpreter.ownAttribute(name, of: value)
            ?? .undefined(Undefined(.attribute(name.string, of: value.typeName)))
    }

    @Sendable static func length(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "length")
        if case .loop(let loop) = value { return .integer(try loop.length(interpreter)) }
        guard let length = interpreter.knownLength(of: value) else {
            throw interpreter.failure(.type, "object of type '\(value.typeName)' has no len()")
        }
        return .integer(length)
    }

    @Sendable static func string(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "string")
        return .text(try interpreter.text(of: value))
    }

    @Sendable static func toJSON(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(
            arguments, to: "tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
        var style = JSONText.Style()
        style.escapesNonASCII = bound[0]?.isTruthy ?? false
        style.sortsKeys = bound[3]?.isTruthy ?? false
        switch bound[1] ?? .none {
        case .none: break
        case .text(let indent): style.indent = indent.plain
        case let indent:
            let width = try interpreter.integer(indent, default: 0, "tojson")
            style.indent = try interpreter.repeated(" ", width)
        // As in Python, an indented line ends with the comma itself.
        }
        if style.indent != nil { style.itemSeparator = "," }
        if let separators = bound[2], !separators.isNone {
            let parts = try interpreter.members(of: separators)
            guard parts.count == 2 else { throw interpreter.failure(.value, "tojson: separators must be a pair") }
            style.itemSeparator = try interpreter.text(parts[0], "tojson").plain
            style.keySeparator = try interpreter.text(parts[1], "tojson").plain
        }
        return .text(try JSONText.of(value, style: style, interpreter))
    }
}

// MARK: - Attribute paths

extension Interpreter {
    /// The parts of `"address.city"`, or of a number.
    func attributePath(_ attribute: Value?) throws(TemplateError) -> [Value] {
        switch attribute ?? .none {
        case .none: return []
        case .text(let path):
            return path.split(separator: ".").map { part in
                let isNumber = !part.isEmpty && part.bytes.allSatisfy { (0x30...0x39).contains($0) }
                return isNumber ? Int(part.string).map { .integer($0) } ?? .text(part) : .text(part)
            }
        case let key: return [key]
        }
    }

    /// Follows a path by subscripts; what is undefined on the way becomes `fallback`, if there is one.
    func follow(_ path: [Value], from value: Value, default fallback: Value? = nil) throws(TemplateError) -> Value {
        var value = value
        for part in path {
            value = try item(part, of: value)
            if value.isUndefined, let fallback, !fallback.isNone { value = fallback }
        }
        return value
    }

    /// A value as sorting and grouping see it: strings in lower case unless case matters.
    func caseFolded(_ value: Value, isCaseSensitive: Bool) -> Value {
        guard !isCaseSensitive, case .text(let text) = value else { return value }
        return .text(text.lowercased())
    }
}
