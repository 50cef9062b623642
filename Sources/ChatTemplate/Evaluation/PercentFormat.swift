/// `format % values`: Python's printf. Each piece keeps its origin.
struct PercentFormat {
    private let format: Text
    private let interpreter: Interpreter
    private let mapping: Mapping?
    private var positional: ArraySlice<Value>
    private var offset = 0
    private var result = Text()

    static func apply(_ format: Text, to values: Value, _ interpreter: Interpreter) throws(TemplateError) -> Text {
        var formatter = PercentFormat(format, values, interpreter)
        try formatter.run()
        // Anything with subscripts counts as a mapping, whose members need not all be used.
        let mayBeUnused: Bool =
            switch values {
            case .dictionary, .list, .range, .undefined: true
            default: false
            }
        guard formatter.positional.isEmpty || mayBeUnused else {
            throw interpreter.failure(.type, "not all arguments converted during string formatting")
        }
        formatter.result.isMarkup = format.isMarkup
        return formatter.result
    }

    private init(_ format: Text, _ values: Value, _ interpreter: Interpreter) {
        self.format = format
        self.interpreter = interpreter
        if case .tuple(let elements) = values { positional = elements.values[...] } else { positional = [values] }
        if case .dictionary(let mapping) = values { self.mapping = mapping } else { mapping = nil }
    }

    private struct Conversion {
        var value: Value?
        var flags: Set<UInt8> = []
        var width = 0
        var precision: Int?
    }

    private mutating func run() throws(TemplateError) {
        while let percent = format.firstRange(of: "%", from: offset) {
            result.append(format[offset..<percent.lowerBound].plain)
            offset = percent.upperBound
            try convert(trusted: format[percent].isTrusted)
            try interpreter.charge(bytes: result.count >> 8)
        }
        result.append(format[offset..<format.count].plain)
        try interpreter.charge(bytes: result.count)
    }

    private func failure(_ message: String) -> TemplateError { interpreter.failure(.value, message) }

    private mutating func next() throws(TemplateError) -> Value {
        guard let value = positional.popFirst() else {
            throw interpreter.failure(.type, "not enough arguments for format string")
        }
        return value
    }

    private mutating func takeByte() throws(TemplateError) -> UInt8 {
        guard offset < format.count else { throw failure("incomplete format") }
        offset += 1
        return format.bytes[offset - 1]
    }

    private mutating func convert(trusted: Bool) throws(TemplateError) {
        var conversion = Conversion()
        var byte = try takeByte()
        if byte == UInt8(ascii: "(") {
            conversion.value = try member()
            byte = try takeByte()
        }
        while "-+ #0".utf8.contains(byte) {
            conversion.flags.insert(byte)
            byte = try takeByte()
        }
        (conversion.width, byte) = try number(startingWith: byte)
        if conversion.width < 0 {
            conversion.flags.insert(UInt8(ascii: "-"))
            conversion.width = -max(conversion.width, -Int.max)
        }
        if byte == UInt8(ascii: ".") {
            let (precision, after) = try number(startingWith: try takeByte())
            conversion.precision = max(precision, 0)
            byte = after
        }
        while "hlL".utf8.contains(byte) { byte = try takeByte() }
        if byte == UInt8(ascii: "%") {
            result.append("%", isTrusted: trusted)
            return
        }
        try interpreter.charge(bytes: conversion.width)
        try interpreter.charge(bytes: conversion.precision ?? 0)
        let value = if let member = conversion.value { member } else { try next() }
        try write(value, as: Character(Unicode.Scalar(byte)), conversion)
    }

    /// `%(name)s`
    private mutating func member() throws(TemplateError) -> Value {
        guard let mapping else { throw interpreter.failure(.type, "format requires a mapping") }
        let start = offset
        var depth = 1
        while depth > 0 {
            let byte = try takeByte()
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
        }
        positional = []
        let name = format[start..<offset - 1]
        guard let value = mapping[name] else { throw failure("no member '\(name.string)' to format") }
        return value
    }

    /// A width or precision, which `*` takes from the arguments, and the byte after it.
    private mutating func number(startingWith first: UInt8) throws(TemplateError) -> (Int, UInt8) {
        if first == UInt8(ascii: "*") {
            return (try interpreter.integer(try next(), default: 0, "%"), try takeByte())
        }
        var value = 0
        var byte = first
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            value = value.multipliedFully(by: 10).addingClamped(Int(byte - UInt8(ascii: "0")))
            byte = try takeByte()
        }
        return (value, byte)
    }

    private mutating func write(
        _ value: Value, as type: Character, _ conversion: Conversion
    ) throws(TemplateError) {
        switch type {
        case "s", "r", "a":
            var text = type == "s" ? try interpreter.text(of: value) : try interpreter.repr(of: value)
            if type == "a" { text = text.mapScalars { $0.isASCII ? String($0) : $0.pythonEscape } }
            if let precision = conversion.precision {
                let offsets = text.scalarOffsets
                text = text[0..<offsets[min(precision, offsets.count - 1)]]
            }
            append(try padded(format.isMarkup ? text.escapedForMarkup : text.plain, conversion))
        case "c": append(try padded(try character(value), conversion))
        case "d", "i", "u", "x", "X", "o": try writeInteger(value, type, conversion)
        case "e", "E", "f", "F", "g", "G": try writeFloat(value, type, conversion)
        default: throw failure("unsupported format character '\(type)'")
        }
    }

    private mutating func append(_ text: Text) { result.append(text.plain) }

    private func character(_ value: Value) throws(TemplateError) -> Text {
        if case .text(let text) = value, text.scalarCount == 1 { return text.plain }
        guard let code = value.asInteger, let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
            throw interpreter.failure(.type, "%c requires int or char")
        }
        // A character picked by number could be any; it does not count as the template's.
        return Text(String(scalar), isTrusted: false)
    }

    private func padded(_ text: Text, _ conversion: Conversion) throws(TemplateError) -> Text {
        let isLeft = conversion.flags.contains(UInt8(ascii: "-"))
        return try interpreter.pad(text, to: conversion.width, with: " ", isLeft ? .left : .right)
    }

    private mutating func writeInteger(
        _ value: Value, _ type: Character, _ conversion: Conversion
    ) throws(TemplateError) {
        var integer = value.asInteger
        if integer == nil, case .float(let number) = value, "diu".contains(type) {
            integer = Int(exactly: number.rounded(.towardZero))
        }
        guard let integer else {
            throw interpreter.failure(.type, "%\(type) format: a number is required, not \(value.typeName)")
        }
        let radix = type == "o" ? 8 : type == "x" || type == "X" ? 16 : 10
        var digits = String(integer.magnitude, radix: radix, uppercase: type == "X")
        if let precision = conversion.precision {
            digits = String(repeating: "0", count: max(0, precision - digits.count)) + digits
        }
        let prefix = conversion.flags.contains(UInt8(ascii: "#")) && radix != 10 ? "0\(type)" : ""
        try writeNumber(digits, prefix: prefix, isNegative: integer < 0, conversion)
    }

    private mutating func writeFloat(
        _ value: Value, _ type: Character, _ conversion: Conversion
    ) throws(TemplateError) {
        guard let number = value.asDouble else {
            throw interpreter.failure(.type, "must be real number, not \(value.typeName)")
        }
        let digits = FloatText.format(
            number.magnitude, precision: conversion.precision ?? 6, conversion: type,
            alternate: conversion.flags.contains(UInt8(ascii: "#")))
        try writeNumber(digits, prefix: "", isNegative: number.sign == .minus && !number.isNaN, conversion)
    }

    private mutating func writeNumber(
        _ digits: String, prefix: String, isNegative: Bool, _ conversion: Conversion
    ) throws(TemplateError) {
        let plus = conversion.flags.contains(UInt8(ascii: "+")) ? "+" : ""
        let space = conversion.flags.contains(UInt8(ascii: " ")) ? " " : ""
        let sign = isNegative ? "-" : plus.isEmpty ? space : plus
        let fillsZeros = conversion.flags.contains(UInt8(ascii: "0")) && !conversion.flags.contains(UInt8(ascii: "-"))
        let missing = fillsZeros ? conversion.width - sign.count - prefix.count - digits.count : 0
        let text = sign + prefix + String(repeating: "0", count: max(0, missing)) + digits
        append(try padded(Text(text), conversion))
    }
}
