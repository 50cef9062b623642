/// The character classes of the HTTP and URI grammars.
extension UInt8 {
    static let carriageReturn = UInt8(ascii: "\r")
    static let lineFeed = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let horizontalTab = UInt8(ascii: "\t")

    /// RFC 9110 5.6.3: optional white space is spaces and tabs only.
    var isOptionalWhitespace: Bool { self == .space || self == .horizontalTab }

    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

    /// RFC 9110 5.6.2: `tchar`.
    var isTokenCharacter: Bool {
        if isLetter || isDigit { return true }
        return switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// RFC 9110 5.5: visible characters, space, tab and the bytes above ASCII; never a control character.
    var isFieldValueByte: Bool { (self >= 0x20 && self != 0x7F) || self == .horizontalTab }

    /// RFC 3986 2.3: `unreserved`; the only characters whose percent-encoding means nothing.
    var isUnreserved: Bool {
        if isLetter || isDigit { return true }
        return switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    /// RFC 3986 2.2: `sub-delims`.
    var isSubDelimiter: Bool {
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&")...UInt8(ascii: ","), UInt8(ascii: ";"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }

    /// RFC 3986 3.3: what a path may hold besides percent-encoded bytes.
    var isPathCharacter: Bool {
        isUnreserved || isSubDelimiter || self == UInt8(ascii: "/") || self == UInt8(ascii: ":")
            || self == UInt8(ascii: "@")
    }

    /// What a query may hold: any visible ASCII character that browsers send bare.
    ///
    /// RFC 3986 3.4 forbids brackets, braces, bars, carets and backslashes, yet every browser sends them as they
    /// are; the query never takes part in routing, so they do no harm.
    var isQueryCharacter: Bool {
        switch self {
        case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"): false
        default: self > 0x20 && self < 0x7F
        }
    }

    /// The value of a hexadecimal digit.
    var hexDigitValue: UInt8? {
        if isDigit { return self &- UInt8(ascii: "0") }
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter &+ 10 : nil
    }
}

extension Span<UInt8> {
    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    func allSatisfy(_ predicate: (UInt8) -> Bool) -> Bool {
        for index in indices where !predicate(self[index]) { return false }
        return true
    }

    /// Whether the bytes spell `word`, letters compared without case. `word` is lower case ASCII.
    func equalsIgnoringCase(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { expected in
            for index in indices {
                let byte = self[index]
                guard (byte.isLetter ? byte | 0x20 : byte) == expected[index] else { return false }
            }
            return true
        }
    }

    /// The range left when white space at both ends is taken away.
    func trimmedRange(from start: Int = 0) -> Range<Int> {
        var lower = start
        var upper = count
        while lower < upper, self[lower].isOptionalWhitespace { lower += 1 }
        while lower < upper, self[upper - 1].isOptionalWhitespace { upper -= 1 }
        return lower..<upper
    }

    /// The bytes as text; ill-formed UTF-8 is replaced.
    var text: String {
        withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
