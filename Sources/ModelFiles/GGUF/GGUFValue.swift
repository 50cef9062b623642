/// One metadata value: a scalar, a string, or an array of either.
public enum GGUFValue: Sendable {
    case uint8(UInt8)
    case int8(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case float32(Float)
    case bool(Bool)
    case string(String)
    case array(GGUFArray)
    case uint64(UInt64)
    case int64(Int64)
    case float64(Double)

    public var type: GGUFValueType {
        switch self {
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .float32: .float32
        case .bool: .bool
        case .string: .string
        case .array: .array
        case .uint64: .uint64
        case .int64: .int64
        case .float64: .float64
        }
    }

    /// The type in words for messages and listings: `u32`, or `arr[str]`.
    public var typeDescription: String {
        if case .array(let array) = self { "arr[\(array.elementType)]" } else { type.description }
    }

    /// The value as an `Int` if it is of an integer type and fits.
    var integer: Int? {
        switch self {
        case .uint8(let value): Int(value)
        case .int8(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        case .int64(let value): Int(value)
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    /// Decodes the scalar or string that fills `bytes`; the parser has checked type, size and UTF-8.
    static func decoding(_ type: GGUFValueType, _ bytes: UnsafeRawBufferPointer) -> GGUFValue {
        switch type {
        case .uint8: .uint8(bytes.littleEndian(UInt8.self, at: 0))
        case .int8: .int8(bytes.littleEndian(Int8.self, at: 0))
        case .uint16: .uint16(bytes.littleEndian(UInt16.self, at: 0))
        case .int16: .int16(bytes.littleEndian(Int16.self, at: 0))
        case .uint32: .uint32(bytes.littleEndian(UInt32.self, at: 0))
        case .int32: .int32(bytes.littleEndian(Int32.self, at: 0))
        case .float32: .float32(Float(bitPattern: bytes.littleEndian(UInt32.self, at: 0)))
        case .bool: .bool(bytes.littleEndian(UInt8.self, at: 0) != 0)
        case .string: .string(String(decoding: bytes, as: UTF8.self))
        case .uint64: .uint64(bytes.littleEndian(UInt64.self, at: 0))
        case .int64: .int64(bytes.littleEndian(Int64.self, at: 0))
        case .float64: .float64(Double(bitPattern: bytes.littleEndian(UInt64.self, at: 0)))
        case .array: preconditionFailure("arrays don't nest, and the parser refuses a file that says so")
        }
    }

    /// Appends the value's bytes as they stand in a file after the type id.
    func encode(into bytes: inout [UInt8]) {
        switch self {
        case .uint8(let value): bytes.append(value)
        case .int8(let value): bytes.appendLittleEndian(value)
        case .uint16(let value): bytes.appendLittleEndian(value)
        case .int16(let value): bytes.appendLittleEndian(value)
        case .uint32(let value): bytes.appendLittleEndian(value)
        case .int32(let value): bytes.appendLittleEndian(value)
        case .float32(let value): bytes.appendLittleEndian(value.bitPattern)
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .string(let value): bytes.appendGGUFString(value)
        case .uint64(let value): bytes.appendLittleEndian(value)
        case .int64(let value): bytes.appendLittleEndian(value)
        case .float64(let value): bytes.appendLittleEndian(value.bitPattern)
        case .array(let array): array.encode(into: &bytes)
        }
    }
}
