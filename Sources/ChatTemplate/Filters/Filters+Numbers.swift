import Glibc

extension Filters {
    @Sendable static func absolute(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "abs")
        if let integer = value.asInteger { return integer < 0 ? try interpreter.negate(value) : .integer(integer) }
        guard case .float(let number) = value else {
            throw interpreter.failure(.type, "bad operand type for abs(): '\(value.typeName)'")
        }
        return .float(number.magnitude)
    }

    @Sendable static func integer(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "int", ["default", "base"])
        let fallback = bound[0] ?? .integer(0)
        let base = try interpreter.integer(bound[1], default: 10, "int")
        switch value {
        case .integer, .boolean: return .integer(value.asInteger ?? 0)
        case .float(let number): return try truncated(number, interpreter, default: fallback)
        case .text(let text):
            if let integer = NumberText.integer(text.string, base: base) { return .integer(integer) }
            guard let number = NumberText.double(text.string), number.isFinite else { return fallback }
            return try truncated(number, interpreter, default: fallback)
        case .undefined(let undefined): throw interpreter.failure(undefined.kind, undefined.message)
        default: return fallback
        }
    }

    private static func truncated(
        _ number: Double, _ interpreter: Interpreter, default fallback: Value
    ) throws(TemplateError) -> Value {
        if number.isNaN { return fallback }
        guard let integer = Int(exactly: number.rounded(.towardZero)) else {
            throw interpreter.failure(.value, "an integer does not fit in 64 bits")
        }
        return .integer(integer)
    }

    @Sendable static func float(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "float", ["default"])
        if case .undefined(let undefined) = value { throw interpreter.failure(undefined.kind, undefined.message) }
        if let number = value.asDouble { return .float(number) }
        if case .text(let text) = value, let number = NumberText.double(text.string) { return .float(number) }
        return bound[0] ?? .float(0)
    }

    @Sendable static func round(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "round", ["precision", "method"])
        let places = try interpreter.integer(bound[0], default: 0, "round")
        let method = try bound[1].map { (method) throws(TemplateError) in try interpreter.text(method, "round").string }
        guard let number = value.asDouble else {
            throw interpreter.failure(.type, "type \(value.typeName) cannot be rounded")
        }
        switch method ?? "common" {
        case "common":
            if let integer = value.asInteger { return .integer(rounded(integer, places: places)) }
            return .float(FloatText.rounded(number, places: places))
        case let method where method == "ceil" || method == "floor":
            let unit = pow(10, Double(places))
            let scaled = number * unit
            return .float(scaled.rounded(method == "ceil" ? .up : .down) / unit)
        default: throw interpreter.failure(.value, "round: method must be common, ceil or floor")
        }
    }

    /// An integer rounded to tens, hundreds, ..., ties to even.
    private static func rounded(_ integer: Int, places: Int) -> Int {
        guard places < 0 else { return integer }
        guard places > -19 else { return 0 }
        let unit = (0..<(-places)).reduce(1) { product, _ in product.multipliedFully(by: 10) }
        let remainder = ((integer % unit) + unit) % unit
        let low = integer.subtractingClamped(remainder)
        let doubled = remainder.multipliedFully(by: 2)
        let isUp = doubled > unit || (doubled == unit && (low / unit) % 2 != 0)
        return isUp ? low.addingClamped(unit) : low
    }

    @Sendable static func fileSize(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "filesizeformat", ["binary"])
        let isBinary = bound[0]?.isTruthy ?? false
        let base: Double = isBinary ? 1024 : 1000
        guard let bytes = value.asDouble ?? value.asText.flatMap({ NumberText.double($0.string) }), bytes.isFinite
        else { throw interpreter.failure(.type, "filesizeformat: not a number") }
        if bytes == 1 { return .string("1 Byte") }
        if bytes < base { return .string("\(Int(bytes.rounded(.towardZero))) Bytes") }
        var unit = base * base
        let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
        var index = 0
        while bytes >= unit, index < prefixes.count - 1 {
            unit *= base
            index += 1
        }
        let number = FloatText.format(base * bytes / unit, precision: 1, conversion: "f")
        let prefix = isBinary ? prefixes[index].uppercased() + "i" : prefixes[index]
        return .string("\(number) \(prefix)B")
    }
}

/// Reading numbers as Python's `int()` and `float()` do: spaces around, single underscores between digits.
enum NumberText {
    static func integer(_ text: String, base: Int) -> Int? {
        guard base == 0 || (2...36).contains(base), let digits = separated(trimmed(text)) else { return nil }
        var rest = Substring(digits)
        let isNegative = rest.first == "-"
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        var radix = base
        if rest.count > 2, rest.first == "0" {
            let bases: [Character: Int] = ["b": 2, "B": 2, "o": 8, "O": 8, "x": 16, "X": 16]
            if let prefix = bases[rest[rest.index(after: rest.startIndex)]], base == 0 || base == prefix {
                radix = prefix
                rest = rest.dropFirst(2)
            }
        }
        if radix == 0 {
            guard rest.first != "0" || rest.allSatisfy({ $0 == "0" }) else { return nil }
            radix = 10
        }
        guard rest.first?.isHexDigit == true || rest.first?.isLetter == true else { return nil }
        return Int((isNegative ? "-" : "") + rest, radix: radix)
    }

    static func double(_ text: String) -> Double? {
        guard let digits = separated(trimmed(text)) else { return nil }
        var magnitude = digits.lowercased()
        if magnitude.hasPrefix("-") || magnitude.hasPrefix("+") { magnitude.removeFirst() }
        switch magnitude {
        case "inf", "infinity": return digits.hasPrefix("-") ? -.infinity : .infinity
        case "nan": return .nan
        default:
            // Double reads hexadecimal as well, which Python's float does not.
            guard magnitude.allSatisfy({ $0.isASCII && ($0.isNumber || ".e+-".contains($0)) }) else { return nil }
            return Double(digits) ?? Double(trailingPointFixed(digits))
        }
    }

    /// `5.` and `.5` are numbers in Python.
    private static func trailingPointFixed(_ digits: String) -> String {
        var result = ""
        for character in digits {
            if character == ".", result.last?.isNumber != true { result += "0" }
            if character.lowercased() == "e", result.last == "." { result += "0" }
            result.append(character)
        }
        return result.last == "." ? result + "0" : result
    }

    private static func trimmed(_ text: String) -> String { Text(text).trimming().string }

    /// Without underscores, or nil when one is not between digits.
    private static func separated(_ text: String) -> String? {
        guard text.contains("_") else { return text }
        let characters = Array(text)
        for (index, character) in characters.enumerated() where character == "_" {
            guard index > 0, index + 1 < characters.count, characters[index - 1].isHexDigit,
                characters[index + 1].isHexDigit
            else { return nil }
        }
        return text.filter { $0 != "_" }
    }
}
