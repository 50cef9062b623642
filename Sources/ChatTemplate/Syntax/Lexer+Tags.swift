extension Lexer {
    /// Reads the inside of `{% %}` or `{{ }}` and the closing delimiter.
    mutating func readTag(isBlock: Bool) throws(TemplateError) {
        emit(isBlock ? .blockBegin : .variableBegin)
        while position < source.count {
            if brackets.isEmpty, readTagEnd(isBlock: isBlock) { return }
            let space = skippingSpace(from: position)
            if space > position {
                advance(to: space)
            } else {
                try readToken()
            }
        }
        // The parser says what is missing.
    }

    private mutating func readTagEnd(isBlock: Bool) -> Bool {
        let first = source[position]
        let hasSign = first == UInt8(ascii: "-") || (isBlock && first == UInt8(ascii: "+"))
        let delimiter = position + (hasSign ? 1 : 0)
        guard isBlock ? matches("%}", at: delimiter) : matches("}}", at: delimiter) else { return false }
        emit(isBlock ? .blockEnd : .variableEnd)
        // Only blocks are trimmed: the newline after a printed value is text.
        let keepsNewline = !isBlock && !hasSign
        advance(to: keepsNewline ? delimiter + 2 : endOfTag(at: delimiter + 2, sign: hasSign ? first : nil))
        return true
    }

    private mutating func readToken() throws(TemplateError) {
        let byte = source[position]
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        case UInt8(ascii: "'"), UInt8(ascii: "\""): try readString()
        case UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            0x80...:
            try readName()
        default: try readSymbol()
        }
    }

    private mutating func readName() throws(TemplateError) {
        var end = position
        while end < source.count, isNameByte(source[end]), spaceLength(at: end) == nil { end += 1 }
        let name = String(decoding: source[position..<end], as: UTF8.self)
        let scalars = name.unicodeScalars
        let isIdentifier =
            scalars.first.map { $0 == "_" || $0.properties.isXIDStart } == true
            && scalars.dropFirst().allSatisfy(\.properties.isXIDContinue)
        guard isIdentifier else { throw failure("invalid character in identifier") }
        emit(.name(name))
        advance(to: end)
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...:
            true
        default: false
        }
    }

    private mutating func readSymbol() throws(TemplateError) {
        for length in [2, 1] where position + length <= source.count {
            let text = String(decoding: source[position..<position + length], as: UTF8.self)
            guard let symbol = Token.Symbol(rawValue: text) else { continue }
            try balance(symbol)
            emit(.symbol(symbol))
            advance(to: position + length)
            return
        }
        throw failure("unexpected character '\(Character(Unicode.Scalar(source[position])))'")
    }

    private mutating func balance(_ symbol: Token.Symbol) throws(TemplateError) {
        switch symbol {
        case .leftBrace: brackets.append(UInt8(ascii: "}"))
        case .leftParenthesis: brackets.append(UInt8(ascii: ")"))
        case .leftBracket: brackets.append(UInt8(ascii: "]"))
        case .rightBrace, .rightParenthesis, .rightBracket:
            guard let expected = brackets.popLast() else { throw failure("unexpected '\(symbol.rawValue)'") }
            guard String(Unicode.Scalar(expected)) == symbol.rawValue else {
                throw failure("unexpected '\(symbol.rawValue)', expected '\(Unicode.Scalar(expected))'")
            }
        default: break
        }
    }
}

// MARK: - Numbers

extension Lexer {
    private mutating func readNumber() throws(TemplateError) {
        if !isAfterDot, let end = floatEnd() {
            let digits = String(decoding: source[position..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
            guard let value = Double(digits) else { throw failure("malformed number") }
            emit(.float(value))
            advance(to: end)
            return
        }
        let (end, radix) = integerEnd()
        let prefix = radix == 10 ? 0 : 2
        let digits = source[(position + prefix)..<end].filter { $0 != UInt8(ascii: "_") }
        guard let value = Int(String(decoding: digits, as: UTF8.self), radix: radix) else {
            throw failure("integer literal out of range")
        }
        emit(.integer(value))
        advance(to: end)
    }

    private var isAfterDot: Bool { position > 0 && source[position - 1] == UInt8(ascii: ".") }

    private func isDigit(_ index: Int, radix: Int = 10) -> Bool {
        guard index < source.count, source[index] < 0x80 else { return false }
        return Character(Unicode.Scalar(source[index])).hexDigitValue.map { $0 < radix } == true
    }

    /// Past digits that single underscores may separate, or nil when there is no digit.
    private func digitsEnd(from start: Int, radix: Int = 10) -> Int? {
        guard isDigit(start, radix: radix) else { return nil }
        var index = start + 1
        while true {
            if isDigit(index, radix: radix) {
                index += 1
            } else if index < source.count, source[index] == UInt8(ascii: "_"), isDigit(index + 1, radix: radix) {
                index += 2
            } else {
                return index
            }
        }
    }

    private func floatEnd() -> Int? {
        guard let whole = digitsEnd(from: position) else { return nil }
        var end: Int?
        var mantissa = whole
        if whole < source.count, source[whole] == UInt8(ascii: "."), let fraction = digitsEnd(from: whole + 1) {
            end = fraction
            mantissa = fraction
        }
        guard mantissa < source.count, source[mantissa] | 0x20 == UInt8(ascii: "e") else { return end }
        var exponent = mantissa + 1
        if exponent < source.count, source[exponent] == UInt8(ascii: "+") || source[exponent] == UInt8(ascii: "-") {
            exponent += 1
        }
        return digitsEnd(from: exponent) ?? end
    }

    private func integerEnd() -> (end: Int, radix: Int) {
        guard source[position] == UInt8(ascii: "0") else { return (digitsEnd(from: position) ?? position + 1, 10) }
        let radix: Int? =
            if position + 1 < source.count {
                switch source[position + 1] | 0x20 {
                case UInt8(ascii: "b"): 2
                case UInt8(ascii: "o"): 8
                case UInt8(ascii: "x"): 16
                default: nil
                }
            } else {
                nil
            }
        if let radix {
            let start = position + 2
            let digits = start < source.count && source[start] == UInt8(ascii: "_") ? start + 1 : start
            if let end = digitsEnd(from: digits, radix: radix) { return (end, radix) }
        }
        // A leading zero is a number of its own, as in Python: `007` is not a number.
        return (digitsEnd(from: position, radix: 1) ?? position + 1, 10)
    }
}
