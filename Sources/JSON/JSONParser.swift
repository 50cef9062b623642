import OrderedCollections

/// What a JSON text may cost its reader.
public struct JSONLimits: Sendable {
    /// How deep arrays and objects may nest.
    public var depth: Int
    /// Whether a repeated member name is an error; otherwise the last one wins.
    public var rejectsDuplicateKeys: Bool

    public init(depth: Int = 64, rejectsDuplicateKeys: Bool = false) {
        self.depth = depth
        self.rejectsDuplicateKeys = rejectsDuplicateKeys
    }
}

/// One step from a value to a value inside it.
public enum JSONPathStep: Hashable, Sendable {
    case member(String)
    case element(Int)
}

/// Why a text is not JSON, and at which byte.
public struct JSONParseError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case unexpectedEnd
        case unexpectedByte(UInt8)
        case trailingBytes
        case tooDeep(limit: Int)
        case invalidUTF8
        case invalidEscape
        case controlCharacterInString
        case invalidNumber
        case numberOutOfRange
        /// `NaN` or `Infinity`, which some writers of JSON print all the same.
        case notANumber
        case duplicateKey(String)
    }

    public var reason: Reason
    /// Offset of the offending byte from the start of the text.
    public var offset: Int
    /// The way from the outermost value to the innermost that could not be read.
    public var path: [JSONPathStep]

    public init(reason: Reason, offset: Int, path: [JSONPathStep] = []) {
        self.reason = reason
        self.offset = offset
        self.path = path
    }

    /// The same error, seen from the value that holds the one where it came up.
    fileprivate func within(_ step: JSONPathStep) -> JSONParseError {
        JSONParseError(reason: reason, offset: offset, path: [step] + path)
    }

    public var description: String {
        let what =
            switch reason {
            case .unexpectedEnd: "unexpected end of text"
            case .unexpectedByte(let byte): "unexpected \(Self.name(of: byte))"
            case .trailingBytes: "something follows the value"
            case .tooDeep(let limit): "nested deeper than \(limit) levels"
            case .invalidUTF8: "invalid UTF-8"
            case .invalidEscape: "invalid escape sequence"
            case .controlCharacterInString: "unescaped control character in a string"
            case .invalidNumber: "malformed number"
            case .numberOutOfRange: "number out of range"
            case .notANumber: "NaN and Infinity cannot be written in JSON"
            case .duplicateKey(let key): "member \"\(key)\" appears twice"
            }
        return "\(what) at byte \(offset)"
    }

    private static func name(of byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
    }
}

extension JSONValue {
    /// Reads one JSON text (RFC 8259), strictly: one value, nothing after it, valid UTF-8, finite numbers.
    public init(parsing text: some Sequence<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        let result =
            text.withContiguousStorageIfAvailable { Self.parse($0, limits) }
            ?? Array(text).withUnsafeBufferPointer { Self.parse($0, limits) }
        self = try result.get()
    }

    public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        try self.init(parsing: text.utf8, limits: limits)
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits
    ) -> Result<JSONValue, JSONParseError> {
        var parser = JSONParser(bytes: bytes, limits: limits)
        do throws(JSONParseError) {
            return .success(try parser.parseText())
        } catch {
            return .failure(error)
        }
    }
}

/// A recursive-descent reader over bytes that it does not own. Recursion is bounded by `limits.depth`.
private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parseText() throws(JSONParseError) -> JSONValue {
        skipWhitespace()
        let value = try parseValue(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw failure(.trailingBytes) }
        return value
    }

    private func failure(_ reason: JSONParseError.Reason) -> JSONParseError {
        JSONParseError(reason: reason, offset: position)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func unexpected() -> JSONParseError {
        failure(current.map { .unexpectedByte($0) } ?? .unexpectedEnd)
    }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func parseValue(depth: Int) throws(JSONParseError) -> JSONValue {
        guard let byte = current else { throw failure(.unexpectedEnd) }
        switch byte {
        case UInt8(ascii: "{"): return .object(try parseObject(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try parseArray(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        case UInt8(ascii: "N"), UInt8(ascii: "I"): throw failure(.notANumber)
        default: throw unexpected()
        }
    }

    private mutating func parseValue(at step: JSONPathStep, depth: Int) throws(JSONParseError) -> JSONValue {
        do throws(JSONParseError) {
            return try parseValue(depth: depth)
        } catch {
            throw error.within(step)
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[index]) else { throw unexpected() }
        }
        return value
    }

    private mutating func parseArray(depth: Int) throws(JSONParseError) -> [JSONValue] {
        guard depth <= limits.depth else { throw failure(.tooDeep(limit: limits.depth)) }
        position += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            skipWhitespace()
            elements.append(try parseValue(at: .element(elements.count), depth: depth))
            skipWhitespace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw unexpected() }
            return elements
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONParseError) -> JSONObject {
        guard depth <= limits.depth else { throw failure(.tooDeep(limit: limits.depth)) }
        position += 1
        var members = JSONObject()
        skipWhitespace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipWhitespace()
            guard current == UInt8(ascii: "\"") else { throw unexpected() }
            let key = try parseString()
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw unexpected() }
            skipWhitespace()
            let value = try parseValue(at: .member(key), depth: depth)
            if members.updateValue(value, forKey: key) != nil, limits.rejectsDuplicateKeys {
                throw failure(.duplicateKey(key))
            }
            skipWhitespace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw unexpected() }
            return members
        }
    }

    private mutating func parseString() throws(JSONParseError) -> String {
        position += 1
        let start = position
        // The common string has no escapes: one scan, one validated copy.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            guard byte >= 0x20 else { throw failure(.controlCharacterInString) }
            position += 1
        }
        guard current != nil else { throw failure(.unexpectedEnd) }
        if current == UInt8(ascii: "\"") {
            let text = try decode(bytes[start..<position])
            position += 1
            return text
        }
        return try parseEscapedString(from: start)
    }

    private mutating func parseEscapedString(from start: Int) throws(JSONParseError) -> String {
        var unescaped = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return try unescaped.withUnsafeBufferPointer { decodeResult($0[...]) }.get()
            case UInt8(ascii: "\\"):
                try parseEscape(into: &unescaped)
            case 0..<0x20:
                position -= 1
                throw failure(.controlCharacterInString)
            default:
                unescaped.append(byte)
            }
        }
        throw failure(.unexpectedEnd)
    }

    private mutating func parseEscape(into output: inout [UInt8]) throws(JSONParseError) {
        guard let byte = current else { throw failure(.unexpectedEnd) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(byte)
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"): output.append(contentsOf: String(Character(try parseUnicodeEscape())).utf8)
        default:
            position -= 1
            throw failure(.invalidEscape)
        }
    }

    /// A lone surrogate half has no UTF-8 form; like most readers it becomes U+FFFD instead of failing the text.
    private mutating func parseUnicodeEscape() throws(JSONParseError) -> Unicode.Scalar {
        let first = try parseHexUnit()
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        let mark = position
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            position = mark
            return "\u{FFFD}"
        }
        let second = try parseHexUnit()
        guard (0xDC00..<0xE000).contains(second) else {
            position = mark
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func parseHexUnit() throws(JSONParseError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current else { throw failure(.unexpectedEnd) }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure(.invalidEscape)
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private mutating func parseNumber() throws(JSONParseError) -> JSONValue {
        let start = position
        var isWhole = true
        if take(UInt8(ascii: "-")), current == UInt8(ascii: "I") { throw failure(.notANumber) }
        if !take(UInt8(ascii: "0")) { try takeDigits() }
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try takeDigits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try takeDigits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw JSONParseError(reason: .numberOutOfRange, offset: start)
        }
        return .number(number)
    }

    private mutating func takeDigits() throws(JSONParseError) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw current == nil ? failure(.unexpectedEnd) : failure(.invalidNumber) }
    }

    private func decode(_ slice: Slice<UnsafeBufferPointer<UInt8>>) throws(JSONParseError) -> String {
        try decodeResult(slice).get()
    }

    private func decodeResult(_ slice: Slice<UnsafeBufferPointer<UInt8>>) -> Result<String, JSONParseError> {
        guard let text = String(validating: slice, as: UTF8.self) else { return .failure(failure(.invalidUTF8)) }
        return .success(text)
    }
}
