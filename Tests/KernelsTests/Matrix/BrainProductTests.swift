import Testing

@testable import Kernels

/// Products of rows in bfloat16, where this machine has them.
@Suite struct BrainProductTests {
    private let pool = WorkerPool(threadCount: 2)
    private static let tables = MatrixCase.tables.filter(\.hasBrainProducts)

    @Test func `products are those of rounded activations, on odd shapes`() throws {
        let test = MatrixCase(.bf16, outputCount: 49, columnCount: 96, rowCount: 21, seed: 31)
        let rounded = MatrixCase(
            format: .bf16, outputCount: 49, columnCount: 96, rowCount: 21, weights: test.weights,
            activations: test.activations.map(Self.rounded))
        let expected = ExpectedProduct(rounded)
        for table in Self.tables {
            for outputCount in [1, 15, 16, 17, 33, 49] {
                let matrix = try test.packed(table, outputCount: outputCount, roundsToBrain: true, pool: pool)
                #expect(matrix.activationImages == .brain)
                for rowCount in [1, 2, 3, 4, 5, 6, 8, 9, 12, 13, 21] {
                    let output = try test.product(matrix, table, rowCount: rowCount, pool: pool)
                    for (index, value) in output.enumerated() {
                        let (row, column) = index.quotientAndRemainder(dividingBy: outputCount)
                        let difference = abs(Double(value) - expected.values[row][column])
                        #expect(difference <= expected.magnitudes[row][column] * ExpectedProduct.tolerance)
                    }
                }
            }
        }
    }

    @Test func `a row has the same bits alone and among others, whoever computes`() throws {
        let test = MatrixCase(.bf16, outputCount: 97, columnCount: 160, rowCount: 19, seed: 32)
        for table in Self.tables {
            let matrix = try test.packed(table, roundsToBrain: true, pool: pool)
            let alone = try (0..<test.rowCount).flatMap {
                try test.product(matrix, table, rowCount: 1, firstRow: $0, pool: pool)
            }
            for rowCount in 2...test.rowCount {
                let together = try test.product(matrix, table, rowCount: rowCount, pool: pool)
                #expect(together.elementsEqual(alone[..<together.count]), "\(rowCount) rows")
            }
            let one = try test.product(matrix, table, pool: WorkerPool(threadCount: 1))
            #expect(one == alone)
        }
    }

    @Test func `rows stored one by one or in pieces equal rows stored together`() throws {
        let test = MatrixCase(.bf16, outputCount: 16, columnCount: 128, rowCount: 11, seed: 33)
        for table in Self.tables {
            let matrix = try test.packed(table, roundsToBrain: true, pool: pool)
            let together = try test.product(matrix, table, pool: pool)
            for (rowStep, columnStep) in [(1, 128), (4, 32), (2, 64), (3, 96)] {
                let buffer = try ActivationBuffer(rowCapacity: 11, columnCapacity: 128, kernels: table)
                defer { withExtendedLifetime(buffer) {} }
                let rows = buffer.rows(11, for: matrix)
                test.activations.withUnsafeBufferPointer { values in
                    for row in stride(from: 0, to: 11, by: rowStep) {
                        for column in stride(from: 0, to: 128, by: columnStep) {
                            rows.store(
                                values.baseAddress! + row * 128 + column, stride: 128,
                                rows: row..<min(row + rowStep, 11), columns: column..<min(column + columnStep, 128))
                        }
                    }
                }
                var output = [Float](repeating: .nan, count: together.count)
                matrix.multiply(rows, into: &output, stride: 16, pool: pool)
                #expect(output == together)
            }
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func `what is not a number stays with its row`(value: Float) throws {
        let ordinary = MatrixCase(.bf16, outputCount: 33, columnCount: 96, rowCount: 9, seed: 34)
        var activations = ordinary.activations
        activations[96 * 5 + 40] = value
        let test = MatrixCase(
            format: .bf16, outputCount: 33, columnCount: 96, rowCount: 9, weights: ordinary.weights,
            activations: activations)
        for table in Self.tables {
            let matrix = try test.packed(table, roundsToBrain: true, pool: pool)
            let output = try test.product(matrix, table, pool: pool)
            #expect(output[(33 * 5)..<(33 * 6)].allSatisfy { !$0.isFinite })
            #expect(output[..<(33 * 5)].allSatisfy(\.isFinite) && output[(33 * 6)...].allSatisfy(\.isFinite))
        }
    }

    @Test func `matrices that cannot be multiplied so take floats`() throws {
        for table in MatrixCase.tables {
            let odd = MatrixCase(.bf16, outputCount: 17, columnCount: 83, rowCount: 3, seed: 35)
            #expect(try odd.packed(table, roundsToBrain: true, pool: pool).activationImages == .float)
            let even = MatrixCase(.bf16, outputCount: 17, columnCount: 96, rowCount: 3, seed: 36)
            let matrix = try even.packed(table, roundsToBrain: true, pool: pool)
            #expect(matrix.activationImages == (table.hasBrainProducts ? .brain : .float))
            #expect(try even.packed(table, pool: pool).activationImages == .float)
            let quantized = MatrixCase(.q8_0, outputCount: 17, columnCount: 96, rowCount: 3, seed: 37)
            #expect(try quantized.packed(table, roundsToBrain: true, pool: pool).activationImages == .quantized)
        }
    }

    @Test func `stacked matrices of several formats each take their image`() throws {
        let brain = MatrixCase(.bf16, outputCount: 32, columnCount: 96, rowCount: 5, seed: 38)
        let bytes = MatrixCase(.q8_0, outputCount: 32, columnCount: 96, rowCount: 5, seed: 39)
        for table in MatrixCase.tables {
            let stack = try brain.weights.withUnsafeBytes { first in
                try bytes.weights.withUnsafeBytes { second in
                    try PackedMatrix(
                        stacking: [
                            WeightSource(format: .bf16, rowCount: 32, bytes: first),
                            WeightSource(format: .q8_0, rowCount: 32, bytes: second),
                        ], columnCount: 96, roundsToBrain: true, kernels: table, pool: pool)
                }
            }
            let both = try brain.product(stack, table, pool: pool)
            let first = try brain.product(brain.packed(table, roundsToBrain: true, pool: pool), table, pool: pool)
            let second = try brain.product(bytes.packed(table, pool: pool), table, pool: pool)
            for row in 0..<5 {
                #expect(both[(row * 64)..<(row * 64 + 32)] == first[(row * 32)..<(row * 32 + 32)])
                #expect(both[(row * 64 + 32)..<(row * 64 + 64)] == second[(row * 32)..<(row * 32 + 32)])
            }
        }
    }

    /// To nearest, ties to even.
    private static func rounded(_ value: Float) -> Float {
        let bits = value.bitPattern
        return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
    }
}
