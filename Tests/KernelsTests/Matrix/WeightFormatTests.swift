import Kernels
import Testing

@Suite struct WeightFormatTests {
    @Test(arguments: DequantizeFixture.all)
    func `dequantised floats equal those of another implementation`(fixture: DequantizeFixture) throws {
        let block = stride(from: 0, to: fixture.block.count, by: 2).map { fixture.block.hexadecimal(at: $0, digits: 2) }
        let expected = stride(from: 0, to: fixture.floats.count, by: 8).map {
            fixture.floats.hexadecimal(at: $0, digits: 8)
        }
        let floats = fixture.format.dequantized(block.map(UInt8.init), count: expected.count)
        #expect(floats.map(\.bitPattern) == expected)
    }

    @Test func `f32 elements are copied`() {
        let values: [Float] = [1, -2.5, .infinity, .leastNonzeroMagnitude]
        let bytes = values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
        #expect(WeightFormat.f32.dequantized(bytes, count: 4) == values)
    }

    @Test func `every f16 becomes the float of its value`() {
        let halves = UInt16.min...UInt16.max
        let bytes = halves.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let floats = WeightFormat.f16.dequantized(bytes, count: halves.count)
        for (half, float) in zip(halves, floats) {
            let expected = Float(Float16(bitPattern: half))
            #expect(float.bitPattern == expected.bitPattern || float.isNaN && expected.isNaN, "\(half)")
        }
    }

    @Test func `sizes are those of GGUF`() {
        let expected: [WeightFormat: (Int, Int)] = [
            .f32: (1, 4), .f16: (1, 2), .bf16: (1, 2), .q4_0: (32, 18), .q4_1: (32, 20), .q5_0: (32, 22),
            .q5_1: (32, 24), .q8_0: (32, 34), .q2K: (256, 84), .q3K: (256, 110), .q4K: (256, 144), .q5K: (256, 176),
            .q6K: (256, 210), .iq4NL: (32, 18), .iq4XS: (256, 136), .mxfp4: (32, 17),
        ]
        for format in WeightFormat.allCases {
            #expect(format.blockLength == expected[format]?.0)
            #expect(format.blockByteCount == expected[format]?.1)
        }
    }

    @Test func `a byte count needs whole blocks and must be representable`() {
        #expect(WeightFormat.q4_1.byteCount(elementCount: 64) == 40)
        #expect(WeightFormat.q4_1.byteCount(elementCount: 0) == 0)
        #expect(WeightFormat.q4_1.byteCount(elementCount: 65) == nil)
        #expect(WeightFormat.q6K.byteCount(elementCount: 32) == nil)
        #expect(WeightFormat.q4_1.byteCount(elementCount: -32) == nil)
        #expect(WeightFormat.f32.byteCount(elementCount: .max) == nil)
    }
}

extension String {
    /// The value of `digits` hexadecimal digits from offset `at`.
    fileprivate func hexadecimal(at offset: Int, digits: Int) -> UInt32 {
        let start = index(startIndex, offsetBy: offset)
        return UInt32(self[start..<index(start, offsetBy: digits)], radix: 16) ?? 0
    }
}
