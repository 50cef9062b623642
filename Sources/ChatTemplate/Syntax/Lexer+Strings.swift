extension Lexer {
    mutating func readString() throws(TemplateError) {
        let quote = source[position]
        var end = position + 1
        while end < source.count, source[end] != quote {
            end += source[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < source.count else { throw failure("unterminated string") }
        emit(.string(try unescape(source[position + 1..<end])))
        advance(to: end + 1)
    }

    /// Python's `unicode-escape`, over text whose other scalars were escaped first: that is what Jinja does, and why
    /// a backslash before `é` prints `\xe9`.
    private func unescape(_ bytes: ArraySlice<UInt8>) throws(TemplateError) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        var escapes = EscapeReader(rest: Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)[...])
        guard let text = escapes.read() else { throw failure("invalid escape sequence in a string") }
        return text
    }
}

private struct EscapeReader {
    var rest: ArraySlice<Unicode.Scalar>
    var result = String.UnicodeScalarView()
    /// The first half of a surrogate pair that was written as two escapes.
    private var highSurrogate: UInt32?

    init(rest: ArraySlice<Unicode.Scalar>) {
        self.rest = rest
    }

    /// Nil when an escape is cut short or names no scalar.
    mutating func read() -> String? {
        while let scalar = rest.popFirst() {
            if scalar == "\\" {
                guard readEscape() else { return nil }
            } else {
                append(scalar.value)
            }
        }
        flushSurrogate()
        return String(result)
    }

    private mutating func append(_ value: UInt32) {
        if let high = highSurrogate, (0xDC00..<0xE000).contains(value) {
            highSurrogate = nil
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (value - 0xDC00))
            result.append(scalar ?? "\u{FFFD}")
            return
        }
        flushSurrogate()
        if (0xD800..<0xDC00).contains(value) {
            highSurrogate = value
        } else {
            result.append(Unicode.Scalar(value) ?? "\u{FFFD}")
        }
    }

    private mutating func flushSurrogate() {
        if highSurrogate != nil { result.append("\u{FFFD}") }
        highSurrogate = nil
    }

    private mutating func readEscape() -> Bool {
        guard let scalar = rest.popFirst() else { return false }
        switch scalar {
        case "\n": return true
        case "\\", "'", "\"": append(scalar.value)
        case "a": append(0x07)
        case "b": append(0x08)
        case "f": append(0x0C)
        case "n": append(0x0A)
        case "r": append(0x0D)
        case "t": append(0x09)
        case "v": append(0x0B)
        case "0"..."7": readOctal(scalar)
        case "x": return readHex(digits: 2)
        case "u": return readHex(digits: 4)
        case "U": return readHex(digits: 8)
        case "N": return false
        default: appendUnknown(scalar)
        }
        return true
    }

    private mutating func readOctal(_ first: Unicode.Scalar) {
        var value = first.value - 0x30
        for _ in 0..<2 {
            guard let next = rest.first, ("0"..."7").contains(next) else { break }
            rest.removeFirst()
            value = value * 8 + next.value - 0x30
        }
        append(value)
    }

    private mutating func readHex(digits: Int) -> Bool {
        guard rest.count >= digits else { return false }
        var value: UInt32 = 0
        for scalar in rest.prefix(digits) {
            guard scalar.isASCII, let digit = Character(scalar).hexDigitValue else { return false }
            value = value << 4 | UInt32(digit)
        }
        rest.removeFirst(digits)
        guard value < 0x110000 else { return false }
        append(value)
        return true
    }

    private mutating func appendUnknown(_ scalar: Unicode.Scalar) {
        append(0x5C)
        guard !scalar.isASCII else { return append(scalar.value) }
        for scalar in scalar.pythonEscape.unicodeScalars.dropFirst() { append(scalar.value) }
    }
}
