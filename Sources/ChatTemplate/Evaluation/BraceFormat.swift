/// `format.format(...)`: Python's replacement fields. Each piece keeps its origin.
struct BraceFormat {
    private let interpreter: Interpreter
    private let arguments: Arguments
    private var automaticIndex = 0
    private var usesNumbers = false
    private let isMarkup: Bool

    static func apply(_ format: Text, _ arguments: Arguments, _ interpreter: Interpreter) throws(TemplateError) -> Text
    {
        var formatter = BraceFormat(interpreter: interpreter, arguments: arguments, isMarkup: format.isMarkup)
        var result = try formatter.expand(format.plain, depth: 2)
        result.isMarkup = format.isMarkup
        return result
    }

    private init(interpreter: Interpreter, arguments: Arguments, isMarkup: Bool) {
        self.interpreter = interpreter
        self.arguments = arguments
        self.isMarkup = isMarkup
    }

    private func failure(_ message: String) -> TemplateError { interpreter.failure(.value, message) }

    /// - Parameter depth: how deep fields may nest; a field's specification may hold fields.
    private mutating func expand(_ format: Text, depth: Int) throws(TemplateError) -> Text {
        guard depth > 0 else { throw failure("max string recursion exceeded") }
        var result = Text()
        var offset = 0
        var literal = 0
        let bytes = format.bytes
        while offset < bytes.count {
            guard bytes[offset] == UInt8(ascii: "{") || bytes[offset] == UInt8(ascii: "}") else {
                offset += 1
                continue
            }
            let isDoubled = offset + 1 < bytes.count && bytes[offset + 1] == bytes[offset]
            result.append(format[literal..<(isDoubled ? offset + 1 : offset)])
            if isDoubled {
                offset += 2
            } else {
                guard bytes[offset] == UInt8(ascii: "{") else { throw failure("single '}' in a format string") }
                let end = try fieldEnd(bytes, from: offset + 1)
                result.append(try field(format[offset + 1..<end], depth: depth))
                offset = end + 1
                try interpreter.charge(bytes: result.count >> 8)
            }
            literal = offset
        }
        result.append(format[literal..<bytes.count])
        try interpreter.charge(bytes: result.count)
        return result
    }

    private func fieldEnd(_ bytes: [UInt8], from start: Int) throws(TemplateError) -> Int {
        var depth = 1
        for index in start..<bytes.count {
            if bytes[index] == UInt8(ascii: "{") { depth += 1 }
            if bytes[index] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return index }
        }
        throw failure("expected '}' before the end of the format string")
    }

    /// `name.attribute[key]!conversion:specification`
    private mutating func field(_ field: Text, depth: Int) throws(TemplateError) -> Text {
        var nameEnd = field.count
        var specification = Text()
        var isInBrackets = false
        for (index, byte) in field.bytes.enumerated() {
            if byte == UInt8(ascii: "[") { isInBrackets = true }
            if byte == UInt8(ascii: "]") { isInBrackets = false }
            if !isInBrackets, byte == UInt8(ascii: ":") || byte == UInt8(ascii: "!") {
                nameEnd = index
                break
            }
        }
        var value = try lookUp(field[0..<nameEnd])
        var rest = field[nameEnd..<field.count]
        if rest.hasPrefix("!") {
            guard rest.count >= 2, rest.count == 2 || rest.bytes[2] == UInt8(ascii: ":") else {
                throw failure("expected ':' after a conversion specifier")
            }
            value = try converted(value, rest.bytes[1])
            rest = rest[2..<rest.count]
        }
        if rest.hasPrefix(":") { specification = try expand(rest[1..<rest.count], depth: depth - 1) }
        let text = try FormatSpecification(specification, interpreter).format(value)
        return isMarkup && !(value.asText?.isMarkup ?? false) ? text.escapedForHTML().plain : text.plain
    }

    private func converted(_ value: Value, _ conversion: UInt8) throws(TemplateError) -> Value {
        switch conversion {
        case UInt8(ascii: "s"): return .text(try interpreter.text(of: value))
        case UInt8(ascii: "r"): return .text(try interpreter.repr(of: value))
        case UInt8(ascii: "a"):
            return .text(try interpreter.repr(of: value).mapScalars { $0.isASCII ? String($0) : $0.pythonEscape })
        default: throw failure("unknown conversion specifier")
        }
    }

    private mutating func lookUp(_ path: Text) throws(TemplateError) -> Value {
        let bytes = path.bytes
        let nameEnd = bytes.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") } ?? bytes.count
        var value = try argument(path[0..<nameEnd].string)
        var offset = nameEnd
        while offset < bytes.count {
            try interpreter.charge()
            if bytes[offset] == UInt8(ascii: "[") {
                guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "]")), end > offset + 1 else {
                    throw failure("missing ']' or empty key in a format string")
                }
                let key = path[offset + 1..<end]
                value = try interpreter.item(Int(key.string).map { .integer($0) } ?? .text(key), of: value)
                offset = end + 1
            } else {
                guard bytes[offset] == UInt8(ascii: ".") else { throw failure("only '.' or '[' may follow ']'") }
                let start = offset + 1
                let end =
                    bytes[start...].firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") } ?? bytes.count
                guard end > start else { throw failure("empty attribute in a format string") }
                value = try interpreter.attribute(path[start..<end], of: value)
                offset = end
            }
        }
        return value
    }

    private mutating func argument(_ name: String) throws(TemplateError) -> Value {
        if name.isEmpty || name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard name.isEmpty ? !usesNumbers : automaticIndex == 0 else {
                throw failure("automatic field numbering cannot be mixed with manual field specification")
            }
            if !name.isEmpty { usesNumbers = true }
            let index = name.isEmpty ? automaticIndex : Int(name) ?? .max
            if name.isEmpty { automaticIndex += 1 }
            guard index < arguments.positional.count else {
                throw failure("replacement index \(index) out of range for positional arguments")
            }
            return arguments.positional[index]
        }
        guard let value = arguments.named.first(where: { $0.name == name })?.value else {
            throw failure("no argument '\(name)' to format")
        }
        return value
    }
}
