import OrderedCollections

extension JSONValue {
    /// The value as compact JSON text in UTF-8.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// The value as compact JSON text.
    public var text: String { String(decoding: serialized(), as: UTF8.self) }
}

/// Appends JSON text to a byte buffer, for replies and stream chunks that are written many times a second.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []

    public init(reservingCapacity capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: write(raw: "null")
        case .bool(let value): write(raw: value ? "true" : "false")
        case .integer(let value): write(raw: String(value))
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                write(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for (key, member) in members {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                write(key)
                bytes.append(UInt8(ascii: ":"))
                write(member)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Appends text that is already JSON.
    public mutating func write(raw text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// JSON has no infinities: they become the largest finite numbers, and not-a-number becomes null.
    public mutating func write(_ value: Double) {
        if value.isNaN {
            write(raw: "null")
        } else {
            let finite = min(max(value, -Double.greatestFiniteMagnitude), Double.greatestFiniteMagnitude)
            write(raw: finite.description)
        }
    }

    public mutating func write(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices where utf8[index] < 0x20 || utf8[index] == 0x22 || utf8[index] == 0x5C {
                bytes.append(contentsOf: utf8[start..<index])
                writeEscape(utf8[index])
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case 0x22: write(raw: "\\\"")
        case 0x5C: write(raw: "\\\\")
        case 0x08: write(raw: "\\b")
        case 0x0C: write(raw: "\\f")
        case 0x0A: write(raw: "\\n")
        case 0x0D: write(raw: "\\r")
        case 0x09: write(raw: "\\t")
        default:
            let digits = String(byte, radix: 16)
            write(raw: "\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        }
    }
}
