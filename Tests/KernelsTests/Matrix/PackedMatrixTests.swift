import Testing

@testable import Kernels

@Suite struct PackedMatrixTests {
    private let pool = WorkerPool(threadCount: 1)

    private func pack(_ sources: [(WeightFormat, rows: Int, bytes: Int)], columns: Int) throws -> PackedMatrix {
        let bytes = [UInt8](repeating: 0, count: sources.map(\.bytes).max() ?? 0)
        return try bytes.withUnsafeBytes { bytes in
            try PackedMatrix(
                stacking: sources.map { format, rows, count in
                    WeightSource(
                        format: format, rowCount: rows, bytes: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                },
                columnCount: columns, kernels: KernelTable.available[0], pool: pool)
        }
    }

    @Test func `shapes that cannot be are refused`() {
        #expect(throws: KernelError.emptyMatrix) { try pack([], columns: 32) }
        #expect(throws: KernelError.emptyMatrix) { try pack([(.q4_1, rows: 0, bytes: 0)], columns: 32) }
        #expect(throws: KernelError.emptyMatrix) { try pack([(.q4_1, rows: 1, bytes: 0)], columns: 0) }
        #expect(throws: KernelError.columnCount(48, format: .q4_1)) {
            try pack([(.q4_1, rows: 2, bytes: 60)], columns: 48)
        }
        #expect(throws: KernelError.columnCount(128, format: .q6K)) {
            try pack([(.q4_1, rows: 1, bytes: 80), (.q6K, rows: 2, bytes: 210)], columns: 128)
        }
        for rows in [Int.max, Int.max / 32, 1 << 57] {
            #expect(throws: KernelError.sizeOverflow) { try pack([(.f32, rows: rows, bytes: 0)], columns: 32) }
        }
    }

    @Test(arguments: [0, 39, 41, 80])
    func `bytes that do not fit the shape are refused`(byteCount: Int) {
        #expect(throws: KernelError.byteCount(byteCount, expected: 40, format: .q4_1)) {
            try pack([(.q4_1, rows: 2, bytes: byteCount)], columns: 32)
        }
    }

    @Test func `a packed matrix takes no more memory than its file, but for the K formats' scales`() throws {
        for format in WeightFormat.allCases {
            let fileBytes = 64 / format.blockLength * 256 * format.blockByteCount
            guard format.blockLength <= 32 else { continue }
            #expect(try pack([(format, rows: 256, bytes: fileBytes)], columns: 64).byteCount == fileBytes)
        }
    }
}

@Suite struct WeightArenaTests {
    private let pool = WorkerPool(threadCount: 2)

    @Test func `matrices in an arena keep their values and outlive it`() throws {
        let cases = (0..<3).map {
            MatrixCase(.q5_0, outputCount: 17, columnCount: 96, rowCount: 3, seed: 20 + UInt64($0))
        }
        for table in MatrixCase.tables {
            let matrices = try {
                let arena = WeightArena()
                return try cases.map { try $0.packed(table, arena: arena, pool: pool) }
            }()
            for (test, matrix) in zip(cases, matrices) {
                let alone = try test.product(test.packed(table, pool: pool), table, pool: pool)
                #expect(try test.product(matrix, table, pool: pool) == alone)
            }
        }
    }

    @Test func `ranges are apart, aligned, and a large one does not displace the chunk in use`() throws {
        let arena = WeightArena()
        let first = try arena.allocate(byteCount: 100)
        let second = try arena.allocate(byteCount: 1)
        let large = try arena.allocate(byteCount: 64 << 20)
        let third = try arena.allocate(byteCount: 64)
        #expect(first.offset == 0 && second.offset == 128 && third.offset == 192)
        #expect(first.memory === second.memory && first.memory === third.memory && first.memory !== large.memory)
        let rest = first.memory.byteCount - 256
        #expect(try arena.allocate(byteCount: rest).offset == 256)
        #expect(try arena.allocate(byteCount: 1).memory !== first.memory)
    }
}

@Suite struct ActivationBufferTests {
    private let pool = WorkerPool(threadCount: 2)

    @Test(arguments: [WeightFormat.q4_0, .q4_1, .q2K, .f32])
    func `what is not a number reaches its own row only`(format: WeightFormat) throws {
        var test = MatrixCase(format, outputCount: 16, columnCount: 256, rowCount: 4, seed: 11)
        var spoilt = test.activations
        spoilt[256 + 40] = .nan
        spoilt[512 + 250] = .infinity
        let clean = test
        test = MatrixCase(
            format: format, outputCount: 16, columnCount: 256, rowCount: 4, weights: test.weights, activations: spoilt)
        for table in MatrixCase.tables {
            let matrix = try test.packed(table, pool: pool)
            let expected = try clean.product(matrix, table, pool: pool)
            let output = try test.product(matrix, table, pool: pool)
            #expect(output[16..<48].allSatisfy { !$0.isFinite }, "\(table.name)")
            #expect(output[..<16] == expected[..<16] && output[48...] == expected[48...], "\(table.name)")
        }
    }

    @Test func `zeros and vanishing activations give the bias`() throws {
        for value: Float in [0, -0.0, .leastNonzeroMagnitude, 9e-31] {
            let weights = MatrixCase(.q4_1, outputCount: 16, columnCount: 64, rowCount: 1, seed: 12).weights
            let test = MatrixCase(
                format: .q4_1, outputCount: 16, columnCount: 64, rowCount: 1, weights: weights,
                activations: [Float](repeating: value, count: 64))
            for table in MatrixCase.tables {
                let bias = [Float](repeating: 2, count: 16)
                #expect(try test.product(test.packed(table, pool: pool), table, bias: bias, pool: pool) == bias)
            }
        }
    }

    /// Whole groups, single rows and pieces take different ways; 1,056 columns are more than one pass of any of them.
    @Test(arguments: [1.0, .nan, .infinity] as [Float])
    func `rows stored one by one or in pieces equal rows prepared together`(value: Float) throws {
        let columnCount = 1056
        let ordinary = MatrixCase(.q5_1, outputCount: 33, columnCount: columnCount, rowCount: 7, seed: 13)
        var activations = ordinary.activations
        activations[2 * columnCount + 700] = value
        let test = MatrixCase(
            format: .q5_1, outputCount: 33, columnCount: columnCount, rowCount: 7, weights: ordinary.weights,
            activations: activations)
        for table in MatrixCase.tables {
            let matrix = try test.packed(table, pool: pool)
            let together = try test.product(matrix, table, pool: pool)
            let buffer = try ActivationBuffer(rowCapacity: 8, columnCapacity: columnCount, kernels: table)
            defer { withExtendedLifetime(buffer) {} }
            let prepared = buffer.rows(7, for: matrix)
            func expectTogether(_ store: @escaping @Sendable (UnsafePointer<Float>, Range<Int>) -> Void) {
                activations.withUnsafeBufferPointer { activations in
                    // SAFETY: only read, while the buffer is there.
                    nonisolated(unsafe) let start = activations.baseAddress!
                    pool.parallelFor(count: 7, grain: ActivationRows.rowGrain) { rows, _ in store(start, rows) }
                }
                var output = [Float](repeating: 0, count: 7 * 33)
                matrix.multiply(prepared, into: &output, stride: 33, pool: pool)
                for (value, expected) in zip(output, together) {
                    #expect(value == expected || value.isNaN && expected.isNaN, "\(table.name)")
                }
            }
            nonisolated(unsafe) let rows = prepared
            expectTogether { start, range in
                for row in range { rows.store(start + row * columnCount, row: row) }
            }
            expectTogether { start, range in
                for column in stride(from: 0, to: columnCount, by: 96) {
                    rows.store(
                        start + range.lowerBound * columnCount + column, stride: columnCount, rows: range,
                        columns: column..<column + 96)
                }
            }
        }
    }
}
