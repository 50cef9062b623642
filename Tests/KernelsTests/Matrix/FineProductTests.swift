internal import CKernels
import Testing

@testable import Kernels

/// Products of rows in 16 bits.
@Suite struct FineProductTests {
    private let pool = WorkerPool(threadCount: 2)

    private static let formats = WeightFormat.allCases.filter(\.isQuantized)

    /// The tables that have such products: the definition, and at least this machine's best one where it is AVX-512.
    private static func tables(_ format: WeightFormat) -> [KernelTable] {
        MatrixCase.tables.filter { nt_has_fine_rows($0.pointer, format.kernelFormat) }
    }

    @Test(arguments: formats)
    func `products are as close as 16 bits allow, on odd shapes`(format: WeightFormat) throws {
        let test = MatrixCase(
            format, outputCount: 49, columnCount: MatrixCase.columnCount(for: format), rowCount: 7, seed: 21)
        let expected = Expected(test)
        for table in Self.tables(format) {
            for outputCount in [1, 15, 17, 33, 49] {
                let matrix = try test.packed(table, outputCount: outputCount, pool: pool)
                for rowCount in 1...7 {
                    let output = try fineProduct(test, matrix, table, rowCount: rowCount)
                    expected.expectMatch(output, outputCount: outputCount)
                }
            }
        }
    }

    @Test(arguments: formats)
    func `levels at their limits do not overflow`(format: WeightFormat) throws {
        let columns = max(64, format.blockLength)
        let ordinary = MatrixCase(format, outputCount: 33, columnCount: columns, rowCount: 4, seed: 22)
        for byte: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
            let weights = ordinary.weights.enumerated().map { index, old in
                format.isFactor(byteOffset: index % format.blockByteCount) ? old : byte
            }
            // The largest levels, of either sign and in turns, and those around the border of their low byte.
            let activations = (0..<4 * columns).map { index -> Float in
                switch index / columns {
                case 0: 32512
                case 1: -32512
                case 2: index.isMultiple(of: 2) ? 32512 : -32512
                default: index % columns % 32 == 0 ? 32512 : Float(index % 7) * 256 + 125 + Float(index % 5)
                }
            }
            let test = MatrixCase(
                format: format, outputCount: 33, columnCount: columns, rowCount: 4, weights: weights,
                activations: activations)
            let expected = Expected(test)
            for table in Self.tables(format) {
                let matrix = try test.packed(table, pool: pool)
                expected.expectMatch(try fineProduct(test, matrix, table), outputCount: 33)
            }
        }
    }

    @Test(arguments: formats)
    func `a row has the same bits alone, among others and in every table`(format: WeightFormat) throws {
        let test = MatrixCase(
            format, outputCount: 49, columnCount: MatrixCase.columnCount(for: format), rowCount: 7, seed: 23)
        var first: [UInt32]?
        for table in Self.tables(format) {
            let matrix = try test.packed(table, pool: pool)
            let alone = try (0..<test.rowCount).flatMap {
                try fineProduct(test, matrix, table, rowCount: 1, firstRow: $0).map(\.bitPattern)
            }
            for rowCount in 2...test.rowCount {
                let together = try fineProduct(test, matrix, table, rowCount: rowCount).map(\.bitPattern)
                #expect(together.elementsEqual(alone[..<together.count]), "\(rowCount) rows, \(table.name)")
            }
            #expect(first == nil || alone == first, "\(table.name)")
            first = alone
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func `what is not a number stays with its row`(value: Float) throws {
        let ordinary = MatrixCase(.q8_0, outputCount: 33, columnCount: 96, rowCount: 3, seed: 24)
        var activations = ordinary.activations
        activations[96 + 40] = value
        activations.replaceSubrange(192..<224, with: repeatElement(1e-31, count: 32))
        let test = MatrixCase(
            format: .q8_0, outputCount: 33, columnCount: 96, rowCount: 3, weights: ordinary.weights,
            activations: activations)
        for table in Self.tables(.q8_0) {
            let matrix = try test.packed(table, pool: pool)
            let output = try fineProduct(test, matrix, table)
            #expect(output[33..<66].allSatisfy { $0.isNaN })
            #expect(output[..<33].allSatisfy { $0.isFinite } && output[66...].allSatisfy { $0.isFinite })
        }
    }

    private func fineProduct(
        _ test: MatrixCase, _ matrix: PackedMatrix, _ table: KernelTable, rowCount: Int? = nil, firstRow: Int = 0
    ) throws -> [Float] {
        let count = rowCount ?? test.rowCount, columns = test.columnCount
        let buffer = try ActivationBuffer(rowCapacity: 2 * count, columnCapacity: columns, kernels: table)
        defer { withExtendedLifetime(buffer) {} }
        let rows = buffer.rows(count, columnCount: columns, images: .fine)
        test.activations.withUnsafeBufferPointer {
            for row in 0..<count { rows.store($0.baseAddress! + (firstRow + row) * columns, row: row) }
        }
        var output = [Float](repeating: .nan, count: count * matrix.rowCount)
        matrix.multiply(rows, into: &output, stride: matrix.rowCount, pool: pool)
        return output
    }
}

/// Products in double precision, and how far those of rows in 16 bits may be from them.
private struct Expected {
    private let values: [[Double]]
    private let tolerances: [[Double]]

    init(_ test: MatrixCase) {
        let columns = test.columnCount
        let weights = test.format.dequantized(test.weights, count: test.outputCount * columns).map(Double.init)
        // A weight can be small because a level and a minimum cancel; float rounding is relative to these.
        let largest = Self.largestOfEachBlock(weights)
        let activations = test.activations.map(Double.init), largestActivations = Self.largestOfEachBlock(activations)
        var values: [[Double]] = [], tolerances: [[Double]] = []
        for row in 0..<test.rowCount {
            values.append([])
            tolerances.append([])
            for output in 0..<test.outputCount {
                var sum = 0.0, tolerance = 0.0
                for column in 0..<columns {
                    let w = output * columns + column, x = row * columns + column
                    sum += weights[w] * activations[x]
                    // Half a step of rounding, and one where the low byte is not in range.
                    tolerance += abs(weights[w]) * largestActivations[x] * 1.5 / 32512
                    tolerance += largest[w] * largestActivations[x] * ExpectedProduct.tolerance
                }
                values[row].append(sum)
                tolerances[row].append(tolerance)
            }
        }
        self.values = values
        self.tolerances = tolerances
    }

    private static func largestOfEachBlock(_ values: [Double]) -> [Double] {
        stride(from: 0, to: values.count, by: 32).flatMap { start in
            repeatElement(values[start..<start + 32].reduce(0) { max($0, abs($1)) }, count: 32)
        }
    }

    func expectMatch(_ output: [Float], outputCount: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        for (index, value) in output.enumerated() {
            let (row, column) = index.quotientAndRemainder(dividingBy: outputCount)
            guard abs(Double(value) - values[row][column]) <= tolerances[row][column] else {
                Issue.record(
                    "row \(row), output \(column): \(value) is not \(values[row][column])",
                    sourceLocation: sourceLocation)
                return
            }
        }
    }
}
