import Kernels

extension RandomFloats {
    /// Random rows of a format: every bit random but the factors, which are random over `factorExponents`. These are the
    /// exponents of f16; an exponent byte is given the same magnitude.
    ///
    /// Random levels and 6-bit scales reach all their extremes; a wide range of exponents makes some rows tiny and
    /// others huge, down to subnormal factors and up to the largest of f16.
    mutating func weights(
        _ format: WeightFormat, rowCount: Int, columnCount: Int, factorExponents: ClosedRange<UInt16> = 4...11
    ) -> [UInt8] {
        let elementCount = rowCount * columnCount
        switch format {
        case .f32:
            return (0..<elementCount).flatMap { _ in Self.bytes(next().bitPattern) }
        case .bf16:
            return (0..<elementCount).flatMap { _ in Self.bytes(UInt16(next().bitPattern >> 16)) }
        case .f16:
            return (0..<elementCount).flatMap { _ in Self.bytes(half(exponents: 8...15)) }
        case .mxfp4:
            var bytes = randomBlocks(format, elementCount: elementCount)
            for block in stride(from: 0, to: bytes.count, by: format.blockByteCount) {
                bytes[block] = UInt8(half(exponents: factorExponents) >> 10 & 31) + (128 - 15)
            }
            return bytes
        default:
            var bytes = randomBlocks(format, elementCount: elementCount)
            for block in stride(from: 0, to: bytes.count, by: format.blockByteCount) {
                for offset in format.factorOffsets {
                    let factor = Self.bytes(half(exponents: factorExponents))
                    bytes.replaceSubrange(block + offset..<block + offset + 2, with: factor)
                }
            }
            return bytes
        }
    }

    private mutating func randomBlocks(_ format: WeightFormat, elementCount: Int) -> [UInt8] {
        (0..<elementCount / format.blockLength * format.blockByteCount).map { _ in UInt8(bits() >> 56) }
    }

    private mutating func half(exponents: ClosedRange<UInt16>) -> UInt16 {
        let random = bits()
        let exponent = exponents.lowerBound + UInt16((random >> 32) % UInt64(exponents.count))
        return UInt16(truncatingIfNeeded: random) & 0x83FF | exponent << 10
    }

    private static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

extension WeightFormat {
    /// Where the f16 factors are in a block.
    fileprivate var factorOffsets: [Int] {
        switch self {
        case .f32, .f16, .bf16, .mxfp4: []
        case .q4_0, .q5_0, .q8_0, .iq4NL, .iq4XS: [0]
        case .q4_1, .q5_1, .q4K, .q5K: [0, 2]
        case .q2K: [80, 82]
        case .q3K: [108]
        case .q6K: [208]
        }
    }

    /// Whether a byte of a block belongs to an f16 factor, or is an exponent.
    func isFactor(byteOffset: Int) -> Bool {
        self == .mxfp4 && byteOffset == 0 || factorOffsets.contains { ($0..<$0 + 2).contains(byteOffset) }
    }

    /// The elements of `bytes`.
    func dequantized(_ bytes: [UInt8], count: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            bytes.withUnsafeBytes { dequantize($0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count])) }
            initialized = count
        }
    }
}
