/// Reads a few large parts of a JSON text where they stand.
///
/// A vocabulary has hundreds of thousands of members. As a dictionary of strings they would cost most of the start, and
/// tokens that Unicode holds equivalent would be lost: `String` compares them as equal, the model does not.
struct JSONCursor {
    private let bytes: [UInt8]
    private(set) var position: Int

    /// What went wrong, and where.
    struct Fault: Error {
        var offset: Int
        var expected: String
    }

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    private func fault(_ expected: String) -> Fault { Fault(offset: position, expected: expected) }

    /// The next byte that is no space; the cursor stays before it.
    mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return bytes[position]
            }
        }
        return nil
    }

    mutating func skip(_ wanted: Unicode.Scalar) -> Bool {
        guard let byte = peek(), byte == UInt8(ascii: wanted) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ wanted: Unicode.Scalar) throws(Fault) {
        guard skip(wanted) else { throw fault("'\(wanted)'") }
    }

    /// Calls `body` before each value of an object with the member's name.
    mutating func forEachMember(_ body: (inout JSONCursor, [UInt8]) throws(Fault) -> Void) throws(Fault) {
        try expect("{")
        if skip("}") { return }
        var name: [UInt8] = []
        repeat {
            try readString(into: &name)
            try expect(":")
            try body(&self, name)
        } while skip(",")
        try expect("}")
    }

    /// Calls `body` before each element of an array.
    mutating func forEachElement(_ body: (inout JSONCursor) throws(Fault) -> Void) throws(Fault) {
        try expect("[")
        if skip("]") { return }
        repeat { try body(&self) } while skip(",")
        try expect("]")
    }

    mutating func readString(into output: inout [UInt8]) throws(Fault) {
        try expect("\"")
        output.removeAll(keepingCapacity: true)
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try readEscape(into: &output)
            case 0..<0x20: throw fault("no control character")
            default: output.append(byte)
            }
        }
        throw fault("the end of a string")
    }

    private mutating func readEscape(into output: inout [UInt8]) throws(Fault) {
        guard position < bytes.count else { throw fault("an escape") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(byte)
        case UInt8(ascii: "u"):
            var scalar = try readUnit()
            if (0xD800..<0xDC00).contains(scalar), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try readUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("half a surrogate pair") }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard Unicode.Scalar(scalar) != nil else { throw fault("a whole surrogate pair") }
            output.append(scalar: scalar)
        default: throw fault("an escape")
        }
    }

    private mutating func readUnit() throws(Fault) -> UInt32 {
        guard position + 4 <= bytes.count,
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw fault("four hexadecimal digits") }
        position += 4
        return value
    }

    mutating func readNumber() throws(Fault) -> Double {
        let start = skipNumber()
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            throw fault("a number")
        }
        return value
    }

    /// A number without sign, fraction or exponent.
    mutating func readCount() throws(Fault) -> Int {
        let start = skipNumber()
        guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)), value >= 0 else {
            throw fault("a whole number")
        }
        return value
    }

    /// - Returns: where the number begins.
    private mutating func skipNumber() -> Int {
        _ = peek()
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: position += 1
            default: return start
            }
        }
        return start
    }

    /// Passes over a value without looking into it, whatever its depth.
    mutating func skipValue() throws(Fault) {
        var depth = 0
        repeat {
            guard let byte = peek() else { throw fault("a value") }
            switch byte {
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { throw fault("a value") }
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw fault("a value") }
                position += 1
            default: skipWord()
            }
        } while depth > 0
    }

    private mutating func skipString() throws(Fault) {
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { throw fault("the end of a string") }
        position += 1
    }

    /// A number, `true`, `false`, `null`, or whatever else stands there.
    private mutating func skipWord() {
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: "}"),
                UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["):
                return
            default: position += 1
            }
        }
    }
}
