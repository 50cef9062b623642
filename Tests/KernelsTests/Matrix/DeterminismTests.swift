import Testing

@testable import Kernels

/// The bits of a row must not depend on its company: greedy output is the same alone and in a batch.
@Suite struct DeterminismTests {
    @Test(arguments: WeightFormat.allCases)
    func `a row has the same bits alone and among others`(format: WeightFormat) throws {
        let pool = WorkerPool(threadCount: 1)
        let test = MatrixCase(
            format, outputCount: 49, columnCount: MatrixCase.columnCount(for: format), rowCount: 13, seed: 6)
        for table in MatrixCase.tables {
            let matrix = try test.packed(table, pool: pool)
            let alone = try (0..<test.rowCount).flatMap { row in
                try test.product(matrix, table, rowCount: 1, firstRow: row, pool: pool).map(\.bitPattern)
            }
            for rowCount in 2...test.rowCount {
                let together = try test.product(matrix, table, rowCount: rowCount, pool: pool).map(\.bitPattern)
                #expect(together.elementsEqual(alone[..<together.count]), "\(rowCount) rows, \(table.name)")
            }
            let shifted = try test.product(matrix, table, rowCount: 6, firstRow: 3, pool: pool).map(\.bitPattern)
            #expect(shifted.elementsEqual(alone[(3 * 49)..<(9 * 49)]), "\(table.name)")
        }
    }

    @Test(arguments: [WeightFormat.q4_1, .q8_0, .q6K, .bf16])
    func `the number of workers does not change a bit`(format: WeightFormat) throws {
        let test = MatrixCase(
            format, outputCount: 700, columnCount: max(256, format.blockLength), rowCount: 9, seed: 7)
        let pools = (1...3).map { WorkerPool(threadCount: $0) }
        for table in MatrixCase.tables {
            for rowCount in [1, 9] {
                let outputs = try pools.map { pool in
                    try test.product(test.packed(table, pool: pool), table, rowCount: rowCount, pool: pool)
                }
                #expect(outputs.allSatisfy { $0.map(\.bitPattern) == outputs[0].map(\.bitPattern) }, "\(table.name)")
            }
        }
    }

    @Test func `stacked matrices give what they give one by one`() throws {
        let pool = WorkerPool(threadCount: 2)
        let formats: [(WeightFormat, Int)] = [(.q4K, 48), (.f16, 17), (.q6K, 33), (.q4K, 5)]
        let cases = formats.map { MatrixCase($0, outputCount: $1, columnCount: 256, rowCount: 7, seed: 8) }
        let bias = (0..<103).map { Float($0) / 8 }
        for table in MatrixCase.tables {
            let stack = try Self.stack(cases, table, pool: pool)
            #expect(stack.rowCount == 103)
            #expect(stack.activationImages == [.quantized, .float])
            let together = try cases[0].product(stack, table, bias: bias, pool: pool)
            var first = 0
            for part in cases {
                let matrix = try part.packed(table, pool: pool)
                let partBias = Array(bias[first..<first + part.outputCount])
                let alone = try cases[0].product(matrix, table, bias: partBias, pool: pool)
                for row in 0..<7 {
                    let columns = together[(row * 103 + first)...].prefix(part.outputCount)
                    #expect(columns.elementsEqual(alone[(row * part.outputCount)...].prefix(part.outputCount)))
                }
                first += part.outputCount
            }
        }
    }

    private static func stack(
        _ cases: [MatrixCase], _ table: KernelTable, pool: WorkerPool
    ) throws -> PackedMatrix {
        let copies = cases.map { test in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: test.weights.count, alignment: 1)
            copy.copyBytes(from: test.weights)
            return copy
        }
        defer { copies.forEach { $0.deallocate() } }
        let sources = zip(cases, copies).map { test, copy in
            WeightSource(format: test.format, rowCount: test.outputCount, bytes: UnsafeRawBufferPointer(copy))
        }
        return try PackedMatrix(stacking: sources, columnCount: 256, kernels: table, pool: pool)
    }
}
