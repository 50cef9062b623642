import OrderedCollections

/// `json.dumps`, as transformers gives it to templates under the name `tojson`.
///
/// The text counts as coming from outside when anything in the value does.
struct JSONText {
    struct Style {
        var escapesNonASCII = false
        var indent: Text?
        var itemSeparator: Text = ", "
        var keySeparator: Text = ": "
        var sortsKeys = false
    }

    private let interpreter: Interpreter
    private let style: Style
    private var result = Text()

    static func of(_ value: Value, style: Style, _ interpreter: Interpreter) throws(TemplateError) -> Text {
        var writer = JSONText(interpreter: interpreter, style: style)
        try writer.write(value, level: 0)
        return writer.result.blended
    }

    private init(interpreter: Interpreter, style: Style) {
        self.interpreter = interpreter
        self.style = style
    }

    private mutating func write(_ value: Value, level: Int) throws(TemplateError) {
        try interpreter.charge()
        try interpreter.charge(bytes: result.count >> 8)
        switch value {
        case .none: append("null")
        case .boolean(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .float(let value): append(Self.number(value))
        case .text(let text): write(text)
        case .list(let elements), .tuple(let elements):
            try interpreter.check(depth: level)
            try write(elements.values, level: level + 1)
        case .dictionary(let mapping):
            try interpreter.check(depth: level)
            try write(mapping, level: level + 1)
        default:
            throw interpreter.failure(.type, "Object of type \(value.typeName) is not JSON serializable")
        }
        guard result.count <= interpreter.limits.stringBytes else { return try interpreter.charge(bytes: result.count) }
    }

    private mutating func append(_ text: String) { result.append(text, isTrusted: true) }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return FloatText.repr(value)
    }

    private mutating func write(_ values: [Value], level: Int) throws(TemplateError) {
        guard !values.isEmpty else { return append("[]") }
        append("[")
        for (index, value) in values.enumerated() {
            try separate(isFirst: index == 0, level: level)
            try write(value, level: level)
        }
        try newline(level: level - 1)
        append("]")
    }

    private mutating func write(_ mapping: Mapping, level: Int) throws(TemplateError) {
        guard !mapping.entries.isEmpty else { return append("{}") }
        append("{")
        var items = mapping.entries.map { (key: $0.key.value, value: $0.value) }
        if style.sortsKeys {
            items = try interpreter.sorted(items) { (left, right) throws(TemplateError) in
                try interpreter.isLess(left.key, right.key, "<")
            }
        }
        for (index, item) in items.enumerated() {
            try separate(isFirst: index == 0, level: level)
            write(try name(item.key))
            result.append(style.keySeparator)
            try write(item.value, level: level)
        }
        try newline(level: level - 1)
        append("}")
    }

    private mutating func separate(isFirst: Bool, level: Int) throws(TemplateError) {
        if !isFirst { result.append(style.itemSeparator) }
        try newline(level: level)
    }

    private mutating func newline(level: Int) throws(TemplateError) {
        guard let indent = style.indent else { return }
        append("\n")
        result.append(try interpreter.repeated(indent, level))
    }

    /// JSON names are strings: numbers and words become what they print as.
    private func name(_ key: Value) throws(TemplateError) -> Text {
        switch key {
        case .text(let text): return text
        case .none: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .integer(let value): return Text(String(value))
        case .float(let value): return Text(Self.number(value))
        default:
            throw interpreter.failure(
                .type, "keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private mutating func write(_ text: Text) {
        append("\"")
        let escapesNonASCII = style.escapesNonASCII
        result.append(
            text.plain.mapScalars { scalar in
                switch scalar {
                case "\"": return "\\\""
                case "\\": return "\\\\"
                case "\n": return "\\n"
                case "\r": return "\\r"
                case "\t": return "\\t"
                case "\u{8}": return "\\b"
                case "\u{C}": return "\\f"
                default:
                    let isEscaped = scalar.value < 0x20 || (escapesNonASCII && !scalar.isASCII)
                    return isEscaped ? Self.escape(scalar) : String(scalar)
                }
            })
        append("\"")
    }

    /// UTF-16 units as `\u....`.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        scalar.utf16.map { unit in
            let hex = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }.joined()
    }
}
