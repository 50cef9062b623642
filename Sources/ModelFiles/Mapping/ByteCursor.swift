/// Reads little-endian fields from front to back and refuses to step past the end.
///
/// Every check against the remaining bytes stands in ``take(_:_:)``; nothing else moves the offset. Field names are
/// autoclosures because a token list has a hundred thousand fields and an error names at most one.
struct ByteCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    var remaining: Int { bytes.count - offset }

    /// - Parameter bytes: must stay valid while the cursor is in use.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Steps over `count` bytes and returns where they are.
    mutating func take(
        _ count: UInt64, _ field: @autoclosure () -> String
    ) throws(ModelFileError) -> Range<Int> {
        guard let length = Int(exactly: count), length <= remaining else {
            throw .malformed(
                field: field(),
                reason: "needs \(count) bytes at offset \(offset), but the file has only \(remaining) left")
        }
        defer { offset += length }
        return offset..<offset + length
    }

    mutating func integer<T: FixedWidthInteger>(
        _ type: T.Type, _ field: @autoclosure () -> String
    ) throws(ModelFileError) -> T {
        let range = try take(UInt64(MemoryLayout<T>.size), field())
        // SAFETY: `take` returned a range of `size` bytes inside `bytes`; integers have no invalid bit patterns.
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self))
    }

    /// A string's 64-bit length and then its bytes; returns where the bytes are.
    mutating func stringRange(_ field: @autoclosure () -> String) throws(ModelFileError) -> Range<Int> {
        let length = try integer(UInt64.self, field() + ": length")
        return try take(length, field())
    }
}
