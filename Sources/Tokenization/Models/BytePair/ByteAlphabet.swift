/// GPT-2's printable alphabet for bytes, in which byte-level vocabularies are written.
///
/// Printable Latin-1 stands for itself; the other 68 bytes, in order, are U+0100, U+0101 and so on. A space is `Ġ`.
enum ByteAlphabet {
    /// For each scalar below U+0144 the byte it stands for, or -1.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        var next = 0x100
        for byte in 0..<0x100 {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
                bytes[byte] = Int16(byte)
            default:
                bytes[next] = Int16(byte)
                next += 1
            }
        }
        return bytes
    }()

    /// For each byte its scalar.
    private static let scalars: [UInt32] = {
        var scalars = [UInt32](repeating: 0, count: 256)
        for (scalar, byte) in bytes.enumerated() where byte >= 0 { scalars[Int(byte)] = UInt32(scalar) }
        return scalars
    }()

    /// Appends the character that stands for a byte.
    static func append(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(scalar: scalars[Int(byte)])
    }

    /// Appends the bytes that `text` stands for. Text with a scalar outside the alphabet stands for itself, as a
    /// whole: the reference tokenisers decode such tokens to their own UTF-8.
    ///
    /// - Returns: whether it has none.
    @discardableResult
    static func decode(_ text: borrowing Span<UInt8>, into output: inout [UInt8]) -> Bool {
        let start = output.count
        var index = 0
        while index < text.count {
            let scalar = text.scalar(at: index)
            guard scalar.value < bytes.count, let byte = UInt8(exactly: bytes[Int(scalar.value)]) else {
                output.removeSubrange(start...)
                for index in text.indices { output.append(text[index]) }
                return false
            }
            output.append(byte)
            index = scalar.next
        }
        return true
    }
}
