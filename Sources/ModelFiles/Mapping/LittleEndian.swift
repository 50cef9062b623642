extension UnsafeRawBufferPointer {
    /// The little-endian integer at `offset`. The caller has checked that it lies inside.
    func littleEndian<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T {
        precondition(offset >= 0 && count - offset >= MemoryLayout<T>.size)
        // SAFETY: in bounds by the line above; integers have no invalid bit patterns.
        return T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension Array where Element == UInt8 {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// The GGUF form of a string: 64-bit byte length, then the UTF-8 bytes without a terminator.
    mutating func appendGGUFString(_ text: String) {
        appendLittleEndian(UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
