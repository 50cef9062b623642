/// Python's format specification: `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
struct FormatSpecification {
    private let interpreter: Interpreter
    private var fill: Unicode.Scalar = " "
    private var alignment: Unicode.Scalar?
    private var sign: Unicode.Scalar = "-"
    private var isAlternate = false
    private var width = 0
    private var grouping: Unicode.Scalar?
    private var precision: Int?
    private var type: Unicode.Scalar?
    private let isEmpty: Bool

    init(_ text: Text, _ interpreter: Interpreter) throws(TemplateError) {
        self.interpreter = interpreter
        isEmpty = text.isEmpty
        var rest = text.scalars[...]
        let alignments: Set<Unicode.Scalar> = ["<", ">", "^", "="]
        if rest.count > 1, alignments.contains(rest[rest.startIndex + 1]) {
            fill = rest.removeFirst()
            alignment = rest.removeFirst()
        } else if let first = rest.first, alignments.contains(first) {
            alignment = rest.removeFirst()
        }
        if let first = rest.first, first == "+" || first == "-" || first == " " { sign = rest.removeFirst() }
        if rest.first == "#" {
            isAlternate = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            rest.removeFirst()
            if alignment == nil {
                fill = "0"
                alignment = "="
            }
        }
        width = Self.number(&rest) ?? 0
        if rest.first == "," || rest.first == "_" { grouping = rest.removeFirst() }
        if rest.first == "." {
            rest.removeFirst()
            guard let digits = Self.number(&rest) else {
                throw interpreter.failure(.value, "format specifier is missing its precision")
            }
            precision = digits
        }
        type = rest.popFirst()
        guard rest.isEmpty else { throw interpreter.failure(.value, "invalid format specifier") }
        try interpreter.charge(bytes: width.multipliedFully(by: 4))
        try interpreter.charge(bytes: precision ?? 0)
    }

    private static func number(_ rest: inout ArraySlice<Unicode.Scalar>) -> Int? {
        var value: Int?
        while let digit = rest.first, ("0"..."9").contains(digit) {
            value = (value ?? 0).multipliedFully(by: 10).addingClamped(Int(digit.value) - 0x30)
            rest.removeFirst()
        }
        return value
    }

    func format(_ value: Value) throws(TemplateError) -> Text {
        switch value {
        case .text(let text): return try format(text)
        case .boolean(let flag) where type == nil && !isEmpty: return try formatInteger(flag ? 1 : 0)
        case .boolean where type == nil: return try interpreter.text(of: value)
        case .integer, .boolean:
            let integer = value.asInteger ?? 0
            if let type, "eEfFgG%".unicodeScalars.contains(type) { return try formatFloat(Double(integer)) }
            return try formatInteger(integer)
        case .float(let number): return try formatFloat(number)
        default:
            guard isEmpty else {
                throw interpreter.failure(.type, "unsupported format string for '\(value.typeName)'")
            }
            return try interpreter.text(of: value)
        }
    }

    private func unknownType(_ what: String) -> TemplateError {
        interpreter.failure(.value, "unknown format code '\(type.map(String.init) ?? "")' for \(what)")
    }

    private func format(_ text: Text) throws(TemplateError) -> Text {
        guard type == nil || type == "s" else { throw unknownType("a string") }
        guard alignment != "=" || fill == "0", grouping == nil, sign == "-" else {
            throw interpreter.failure(.value, "format specifier is not for strings")
        }
        var text = text
        if let precision {
            let offsets = text.scalarOffsets
            text = text[0..<offsets[min(precision, offsets.count - 1)]]
        }
        return try aligned(text, default: "<")
    }

    private func aligned(_ text: Text, default fallback: Unicode.Scalar) throws(TemplateError) -> Text {
        switch alignment ?? fallback {
        case "<": return try interpreter.pad(text, to: width, with: fill, .left)
        case "^":
            // Unlike `str.center`, the odd one out always goes to the right.
            let missing = max(0, width.subtractingClamped(text.scalarCount))
            let left = try interpreter.pad(text, to: text.scalarCount + missing / 2, with: fill, .right)
            return try interpreter.pad(left, to: width, with: fill, .left)
        case "=" where fallback == "<": return try interpreter.pad(text, to: width, with: fill, .left)
        default: return try interpreter.pad(text, to: width, with: fill, .right)
        }
    }

    private func formatInteger(_ value: Int) throws(TemplateError) -> Text {
        guard precision == nil else { throw interpreter.failure(.value, "precision not allowed for integers") }
        let digits: String
        var prefix = ""
        switch type ?? "d" {
        case "d", "n": digits = String(value.magnitude)
        case "b": (digits, prefix) = (String(value.magnitude, radix: 2), "0b")
        case "o": (digits, prefix) = (String(value.magnitude, radix: 8), "0o")
        case "x": (digits, prefix) = (String(value.magnitude, radix: 16), "0x")
        case "X": (digits, prefix) = (String(value.magnitude, radix: 16, uppercase: true), "0X")
        case "c":
            guard let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else {
                throw interpreter.failure(.value, "%c arg not in range")
            }
            return try aligned(Text(String(scalar), isTrusted: false), default: "<")
        default: throw unknownType("an integer")
        }
        let size = type.map { "boxX".unicodeScalars.contains($0) } ?? false ? 4 : 3
        return try number(
            isNegative: value < 0, prefix: isAlternate ? prefix : "", whole: digits, rest: "", groupSize: size)
    }

    private func formatFloat(_ value: Double) throws(TemplateError) -> Text {
        var conversion = Character(type ?? "g")
        var number = value.magnitude
        var suffix = ""
        var text: String
        switch type {
        case nil where precision == nil: text = FloatText.repr(number)
        case nil:
            text = FloatText.format(number, precision: max(precision ?? 0, 1), conversion: "g")
            if !text.contains(where: { ".en".contains($0) }) { text += ".0" }
        case "%":
            number *= 100
            suffix = "%"
            conversion = "f"
            text = FloatText.format(number, precision: precision ?? 6, conversion: conversion)
        case "e", "E", "f", "F", "g", "G", "n":
            if conversion == "n" { conversion = "g" }
            text = FloatText.format(
                number, precision: precision ?? 6, conversion: conversion, alternate: isAlternate)
        default: throw unknownType("a float")
        }
        let whole = text.prefix { $0.isNumber }
        return try self.number(
            isNegative: value.sign == .minus && !value.isNaN, prefix: "", whole: String(whole),
            rest: text.dropFirst(whole.count) + suffix, groupSize: 3)
    }

    private func number(
        isNegative: Bool, prefix: String, whole: String, rest: String, groupSize: Int
    ) throws(TemplateError) -> Text {
        let mark = isNegative ? "-" : sign == "-" ? "" : String(sign)
        let head = mark + prefix
        guard alignment == "=" else {
            return try aligned(Text(head + grouped(whole, groupSize) + rest), default: ">")
        }
        var digits = grouped(whole, groupSize)
        var missing = width - head.count - rest.count - digits.count
        if grouping != nil, fill == "0", missing > 0 {
            // Zeros that fill the width are grouped as digits are.
            var padded = whole
            while missing > 0 {
                padded = "0" + padded
                digits = grouped(padded, groupSize)
                missing = width - head.count - rest.count - digits.count
            }
        }
        return Text(head + String(repeating: String(fill), count: max(0, missing)) + digits + rest)
    }

    private func grouped(_ digits: String, _ size: Int) -> String {
        guard let grouping else { return digits }
        var result: [Character] = []
        for (index, digit) in digits.reversed().enumerated() {
            if index > 0, index % size == 0 { result.append(Character(grouping)) }
            result.append(digit)
        }
        return String(result.reversed())
    }
}
