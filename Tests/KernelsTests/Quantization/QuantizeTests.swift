import CKernels
import Testing

@testable import Kernels

@Suite struct QuantizeTests {
    static let formats = WeightFormat.allCases.filter { $0.isWritable }
    static let fitted = formats.filter(\.isQuantized)

    @Test func `every format of weights that people make can be written`() {
        #expect(Self.formats == [.f32, .f16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4K, .q5K, .q6K, .bf16])
    }

    @Test(arguments: QuantizeFixture.all)
    func `a block is the known one, and no worse than the reference's`(fixture: QuantizeFixture) throws {
        let numbers = Array(QuantizeFixture.numbers.prefix(fixture.format.blockLength))
        let block = try #require(Self.quantized(numbers, fixture.format))
        #expect(Self.hexadecimal(block) == fixture.block)
        let error = Self.squaredError(numbers, block, fixture.format)
        #expect(abs(error - fixture.error) <= 1e-4 * fixture.error)
        #expect(error <= fixture.referenceError * 1.000_01)
    }

    /// Relative root mean square errors of normally distributed numbers, a little above what is measured.
    @Test(arguments: [
        (WeightFormat.q8_0, 0.0055), (.q6K, 0.0175), (.q5K, 0.0352), (.q5_1, 0.0342), (.q5_0, 0.0407),
        (.q4K, 0.0712), (.q4_1, 0.0706), (.q4_0, 0.082), (.f16, 0.0003), (.bf16, 0.0025), (.f32, 0),
    ])
    func `errors stay below their bound`(format: WeightFormat, bound: Double) throws {
        let numbers = Self.normal(count: 65_536, seed: 1)
        let error = Self.squaredError(numbers, try #require(Self.quantized(numbers, format)), format)
        let power = numbers.reduce(0) { $0 + Double($1) * Double($1) }
        #expect((error / power).squareRoot() <= bound)
    }

    @Test(arguments: fitted)
    func `numbers that the format can hold come back as they were`(format: WeightFormat) throws {
        var random = RandomFloats(seed: 7)
        // Levels of every kind times a power of two, both ends in use, as a model has that was trained for the format.
        let limit = [WeightFormat.q8_0: 127, .q6K: 31, .q5_0: 15, .q5_1: 15, .q5K: 15][format] ?? 7
        let numbers = (0..<2_048).map { index -> Float in
            if index.isMultiple(of: 16) { return Float(format == .q8_0 ? -limit : -limit - 1) * 0x1p-9 }
            if index % 16 == 1 { return Float(limit) * 0x1p-9 }
            return Float(Int(random.bits() % UInt64(2 * limit + 1)) - limit) * 0x1p-9
        }
        let block = try #require(Self.quantized(numbers, format))
        #expect(Self.squaredError(numbers, block, format) <= 1e-6)
    }

    @Test(arguments: fitted)
    func `every processor writes the same bytes`(format: WeightFormat) throws {
        for (name, numbers) in Self.extremes {
            #expect(Self.quantized(numbers, format) == Self.quantized(numbers, format, portable: true), "\(name)")
        }
    }

    @Test(arguments: fitted)
    func `blocks at the extremes have finite numbers`(format: WeightFormat) throws {
        for (name, numbers) in Self.extremes {
            let block = try #require(Self.quantized(numbers, format))
            let peak = numbers.reduce(0) { max($0, abs($1)) }
            let worst = zip(numbers, Self.dequantized(block, format, count: numbers.count)).reduce(0) {
                max($0, abs($1.0 - $1.1))
            }
            // What half-precision scales can't express, below 2^-24 times the levels, becomes zero.
            #expect(worst <= max(0.3 * peak, 0x1p-17), "\(name): \(worst) of \(peak)")
        }
    }

    @Test(arguments: formats)
    func `a number that isn't finite is refused with its row`(format: WeightFormat) throws {
        guard format != .f32 else { return }
        for bad in [Float.nan, .infinity, -.infinity] {
            var numbers = Self.normal(count: 512 * 5, seed: 3)
            numbers[512 * 3 + 100] = bad
            #expect(throws: KernelError.unwritableRow(3, format: format)) {
                try Self.matrix(numbers, rowCount: 5, to: format, threads: 2)
            }
        }
    }

    @Test(arguments: formats)
    func `threads don't change the bytes, and rows don't change each other`(format: WeightFormat) throws {
        let numbers = Self.normal(count: 256 * 67, seed: 11)
        let alone = try Self.matrix(numbers, rowCount: 67, to: format, threads: 1)
        #expect(try Self.matrix(numbers, rowCount: 67, to: format, threads: 3) == alone)
        let row = alone.count / 67
        for index in [0, 33, 66] {
            let single = Self.quantized(Array(numbers[256 * index..<256 * (index + 1)]), format)
            #expect(single == Array(alone[row * index..<row * (index + 1)]))
        }
    }

    @Test func `rows of no whole blocks and formats without a writer are refused`() {
        let numbers = Self.normal(count: 96, seed: 2)
        #expect(throws: KernelError.columnCount(48, format: .q8_0)) {
            try Self.matrix(numbers, rowCount: 2, to: .q8_0, threads: 1)
        }
        #expect(throws: KernelError.columnCount(96, format: .q4K)) {
            try Self.matrix(numbers, rowCount: 1, to: .q4K, threads: 1)
        }
        #expect(throws: KernelError.unwritableFormat(.iq4NL)) {
            try Self.matrix(numbers, rowCount: 3, to: .iq4NL, threads: 1)
        }
    }

    @Test func `every half comes back from its float`() throws {
        let halves = (0...UInt16.max).map { Float(Float16(bitPattern: $0)) }.filter(\.isFinite)
        let bytes = try #require(Self.quantized(halves, .f16))
        #expect(Self.dequantized(bytes, .f16, count: halves.count).map(\.bitPattern) == halves.map(\.bitPattern))
    }

    @Test func `halves are rounded to the closest, ties to even`() throws {
        var random = RandomFloats(seed: 5)
        var numbers: [Float] = [
            65_519.996, 0x1p-25, 0x1.8p-25, 0x1.000002p-25, 0x1.ffep-15, 1.00048828125, 1.00146484375,
        ]
        for exponent in -30...15 {
            for _ in 0..<500 { numbers.append(random.next() * Float(sign: .plus, exponent: exponent, significand: 1)) }
        }
        numbers.removeAll { abs($0) > 65_504 }
        let bytes = try #require(Self.quantized(numbers, .f16))
        #expect(Self.dequantized(bytes, .f16, count: numbers.count) == numbers.map { Float(Float16($0)) })
    }
}
