import Testing

@testable import Kernels

@Suite struct ProductTests {
    private let pool = WorkerPool(threadCount: 2)

    /// Row counts around the four rows of a group, output counts around the 16 of a panel and the 32 of a strip.
    private static let rowCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 33]
    private static let outputCounts = [1, 15, 17, 33]

    @Test(arguments: WeightFormat.allCases)
    func `products are those of double precision on odd shapes`(format: WeightFormat) throws {
        let test = MatrixCase(
            format, outputCount: 33, columnCount: MatrixCase.columnCount(for: format), rowCount: 33, seed: 1)
        let expected = ExpectedProduct(test)
        for table in MatrixCase.tables {
            for outputCount in Self.outputCounts {
                let matrix = try test.packed(table, outputCount: outputCount, pool: pool)
                for rowCount in Self.rowCounts {
                    let output = try test.product(matrix, table, rowCount: rowCount, pool: pool)
                    expected.expectMatch(output, outputCount: outputCount)
                }
            }
        }
    }

    @Test(arguments: WeightFormat.allCases.filter(\.isQuantized))
    func `extreme factors are exact`(format: WeightFormat) throws {
        for exponents: ClosedRange<UInt16> in [0...0, 30...30, 0...30] {
            let test = MatrixCase(
                format, outputCount: 17, columnCount: max(256, format.blockLength), rowCount: 5, seed: 2,
                factorExponents: exponents)
            let expected = ExpectedProduct(test)
            for table in MatrixCase.tables {
                let output = try test.product(test.packed(table, pool: pool), table, pool: pool)
                expected.expectMatch(output, outputCount: 17)
            }
        }
    }

    /// Scales from 2^-128, a subnormal float, up to 2^124, above which a weight can be infinite.
    @Test(arguments: [(0...3, 1e12), (250...252, 1e-12), (0...252, 1e-12)] as [(ClosedRange<UInt8>, Float)])
    func `exponent bytes are exact over all their range`(exponents: ClosedRange<UInt8>, magnitude: Float) throws {
        let ordinary = MatrixCase(.mxfp4, outputCount: 33, columnCount: 96, rowCount: 5, seed: 14)
        var weights = ordinary.weights
        for block in 0..<33 * 3 {
            weights[block * 17] = exponents.lowerBound + UInt8(block * 37 % exponents.count)
        }
        let test = MatrixCase(
            format: .mxfp4, outputCount: 33, columnCount: 96, rowCount: 5, weights: weights,
            activations: ordinary.activations.map { $0 * magnitude })
        let expected = ExpectedProduct(test)
        let outputs = try MatrixCase.tables.map { table in
            let output = try test.product(test.packed(table, pool: pool), table, pool: pool)
            expected.expectMatch(output, outputCount: 33)
            return output.map(\.bitPattern)
        }
        #expect(outputs.allSatisfy { $0 == outputs[0] })
    }

    @Test(arguments: WeightFormat.allCases.filter(\.isQuantized))
    func `levels and activations at their limits do not saturate`(format: WeightFormat) throws {
        // All levels and scales at their largest, or smallest, and activations of +-127 in every arrangement of signs
        // that a pair of products can have.
        for byte: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
            var random = RandomFloats(seed: 3)
            let columns = max(64, format.blockLength)
            let ordinary = random.weights(format, rowCount: 16, columnCount: columns)
            let uniform = Self.replacingLevels(of: ordinary, format: format, with: byte)
            let activations = (0..<4 * columns).map { index -> Float in
                index / columns == 0 ? 127 : index / columns == 1 ? -127 : index.isMultiple(of: 2) ? 127 : -127
            }
            let test = MatrixCase(
                format: format, outputCount: 16, columnCount: columns, rowCount: 4, weights: uniform,
                activations: activations)
            let expected = ExpectedProduct(test)
            for table in MatrixCase.tables {
                let output = try test.product(test.packed(table, pool: pool), table, pool: pool)
                expected.expectMatch(output, outputCount: 16)
            }
        }
    }

    @Test(arguments: WeightFormat.allCases.filter(\.isQuantized))
    func `every instruction set gives the same bits for quantised weights`(format: WeightFormat) throws {
        let test = MatrixCase(
            format, outputCount: 49, columnCount: MatrixCase.columnCount(for: format), rowCount: 9, seed: 4)
        let outputs = try MatrixCase.tables.map { table in
            try test.product(test.packed(table, pool: pool), table, pool: pool).map(\.bitPattern)
        }
        for (table, output) in zip(MatrixCase.tables, outputs) {
            #expect(output == outputs[0], "\(table.name)")
        }
    }

    @Test(arguments: [WeightFormat.q4_1, .q6K, .f16])
    func `bias and residual are added, and nothing else is written`(format: WeightFormat) throws {
        let test = MatrixCase(
            format, outputCount: 35, columnCount: max(256, format.blockLength), rowCount: 6, seed: 5)
        for table in MatrixCase.tables {
            let matrix = try test.packed(table, pool: pool)
            let plain = try test.product(matrix, table, pool: pool)
            let bias = (0..<35).map { Float($0) - 10 }
            let buffer = try ActivationBuffer(rowCapacity: 6, columnCapacity: test.columnCount, kernels: table)
            defer { withExtendedLifetime(buffer) {} }
            let rows = test.activations.withUnsafeBufferPointer {
                buffer.prepare(
                    $0.baseAddress!, stride: test.columnCount, rowCount: 6, for: matrix, pool: pool)
            }
            let stride = 40
            var output = [Float](repeating: 3, count: 6 * stride)
            matrix.multiply(
                rows, into: &output, stride: stride, bias: bias, accumulate: true, pool: pool)
            for index in output.indices {
                let (row, column) = index.quotientAndRemainder(dividingBy: stride)
                #expect(output[index] == (column < 35 ? plain[row * 35 + column] + bias[column] + 3 : 3))
            }
        }
    }

    /// The block with every byte of its levels and packed scales replaced, f16 factors as they were.
    private static func replacingLevels(of bytes: [UInt8], format: WeightFormat, with byte: UInt8) -> [UInt8] {
        bytes.enumerated().map { index, old in
            format.isFactor(byteOffset: index % format.blockByteCount) ? old : byte
        }
    }
}
