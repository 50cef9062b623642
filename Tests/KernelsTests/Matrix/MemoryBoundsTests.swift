import Glibc
import Testing

@testable import Kernels

/// Reads and writes past an end must hit a page that may not be touched, and end the test process.
@Suite struct MemoryBoundsTests {
    private let pool = WorkerPool(threadCount: 2)

    @Test(arguments: WeightFormat.allCases)
    func `nothing is touched behind sources, activations and outputs`(format: WeightFormat) throws {
        let columns = MatrixCase.columnCount(for: format)
        for outputCount in [1, 16, 17, 33] {
            let test = MatrixCase(format, outputCount: outputCount, columnCount: columns, rowCount: 5, seed: 9)
            let weights = GuardedMemory(copying: test.weights)
            let bias = GuardedMemory(copying: [Float](repeating: 1, count: outputCount))
            for table in MatrixCase.tables {
                let source = WeightSource(format: format, rowCount: outputCount, bytes: weights.bytes)
                let matrix = try PackedMatrix(stacking: [source], columnCount: columns, kernels: table, pool: pool)
                for rowCount in [1, 2, 4, 5] {
                    try multiply(test, matrix, table, rowCount: rowCount, bias: bias)
                }
            }
            var row = [Float](repeating: 0, count: outputCount * columns)
            row.withUnsafeMutableBufferPointer { format.dequantize(weights.bytes, into: $0) }
        }
    }

    /// Rows that end where their memory does, added to an output that does so too.
    private func multiply(
        _ test: MatrixCase, _ matrix: PackedMatrix, _ table: KernelTable, rowCount: Int, bias: GuardedMemory?
    ) throws {
        let columns = test.columnCount
        let activations = GuardedMemory(copying: Array(test.activations[..<(rowCount * columns)]))
        let output = GuardedMemory(copying: [Float](repeating: 0, count: rowCount * test.outputCount))
        let buffer = try ActivationBuffer(rowCapacity: rowCount, columnCapacity: columns, kernels: table)
        defer { withExtendedLifetime(buffer) {} }
        let rows = buffer.prepare(activations.floats, stride: columns, rowCount: rowCount, for: matrix, pool: pool)
        matrix.multiply(
            rows, into: output.floats, stride: test.outputCount, bias: bias.map { UnsafePointer($0.floats) },
            accumulate: true, pool: pool)
    }

    @Test(arguments: WeightFormat.allCases)
    func `panels and images that end at a page end are not read past it`(format: WeightFormat) throws {
        // 8 panels of 4,096 columns and one group of rows fill whole pages in every format; ZeroedMemory has a page
        // behind it that cannot be touched.
        var random = RandomFloats(seed: 10)
        let pattern = random.weights(format, rowCount: 1, columnCount: 4096)
        let weights = Array(repeatElement(pattern, count: 128).joined())
        let activations = random.array(4 * 4096)
        for table in MatrixCase.tables {
            let matrix = try weights.withUnsafeBytes { bytes in
                try PackedMatrix(
                    stacking: [WeightSource(format: format, rowCount: 128, bytes: bytes)], columnCount: 4096,
                    kernels: table, pool: pool)
            }
            #expect(matrix.byteCount.isMultiple(of: 4096))
            let buffer = try ActivationBuffer(rowCapacity: 4, columnCapacity: 4096, kernels: table)
            defer { withExtendedLifetime(buffer) {} }
            var output = [Float](repeating: 0, count: 4 * 128)
            let rows = buffer.prepare(activations, stride: 4096, rowCount: 4, for: matrix, pool: pool)
            for rowCount in [1, 4] {
                matrix.multiply(rows.prefix(rowCount), into: &output, stride: 128, pool: pool)
                // All rows of the matrix are the same, so are all outputs of a row.
                for row in 0..<rowCount {
                    #expect(output[(row * 128)..<(row * 128 + 128)].allSatisfy { $0 == output[row * 128] })
                }
            }
        }
    }

    @Test func `rows in bfloat16 and their products touch nothing behind them`() throws {
        // A group of rows fills half a page, the panels whole ones.
        for (outputCount, columns) in [(1, 32), (17, 96), (128, 256)] {
            let test = MatrixCase(.bf16, outputCount: outputCount, columnCount: columns, rowCount: 13, seed: 26)
            for table in MatrixCase.tables where table.hasBrainProducts {
                let matrix = try test.packed(table, roundsToBrain: true, pool: pool)
                for rowCount in [1, 3, 4, 6, 8, 13] {
                    try multiply(test, matrix, table, rowCount: rowCount, bias: nil)
                }
            }
        }
    }

    @Test(arguments: AvailableKernels.all)
    func `attention reads no key or value behind the last`(available: AvailableKernels) {
        for (groupSize, headLength, length) in [(1, 32, 33), (2, 20, 5), (1, 80, 130), (3, 6, 1)] {
            let test = AttentionCase(groupSize: groupSize, headLength: headLength, length: length)
            let (keys, values) = (GuardedMemory(copying: test.keys), GuardedMemory(copying: test.values))
            let queries = GuardedMemory(copying: test.queries)
            let output = GuardedMemory(copying: test.queries)
            var shape = test.shape
            shape.isCausal = false
            let rowCount = min(length, AttentionTile.maximumRowCount / groupSize), first = length - rowCount
            let tile = AttentionTile(
                queries: queries.floats + first * test.queryStride, queryStride: test.queryStride,
                output: output.floats + first * test.queryStride, outputStride: test.queryStride,
                positionCount: rowCount, firstPosition: first,
                memory: .rows(keys: keys.floats, values: values.floats, stride: headLength), length: length,
                shape: shape)
            var workspace = [Float](repeating: .nan, count: shape.workspaceFloatCount)
            available.kernels.attend(tile, workspace: &workspace)
        }
    }

    @Test(arguments: WeightFormat.allCases.filter(\.isQuantized))
    func `rows in 16 bits and their products touch nothing behind them`(format: WeightFormat) throws {
        let columns = MatrixCase.columnCount(for: format)
        for outputCount in [1, 17, 33] {
            let test = MatrixCase(format, outputCount: outputCount, columnCount: columns, rowCount: 3, seed: 25)
            for table in MatrixCase.tables {
                let matrix = try test.packed(table, pool: pool)
                guard matrix.hasFineProducts else { continue }
                for rowCount in 1...3 {
                    let activations = GuardedMemory(copying: Array(test.activations[..<(rowCount * columns)]))
                    let output = GuardedMemory(copying: [Float](repeating: 0, count: rowCount * outputCount))
                    let buffer = try ActivationBuffer(
                        rowCapacity: 2 * rowCount, columnCapacity: columns, kernels: table)
                    defer { withExtendedLifetime(buffer) {} }
                    let rows = buffer.rows(rowCount, columnCount: columns, images: .fine)
                    for row in 0..<rowCount { rows.store(activations.floats + row * columns, row: row) }
                    matrix.multiply(rows, into: output.floats, stride: outputCount, accumulate: true, pool: pool)
                }
            }
        }
    }
}

/// Memory whose last byte is followed by a page that cannot be touched.
private final class GuardedMemory {
    private let start: UnsafeMutableRawPointer
    private let mappedByteCount: Int
    private let offset: Int
    private let byteCount: Int

    init<Element>(copying elements: [Element]) {
        byteCount = elements.count * MemoryLayout<Element>.stride
        let pages = (byteCount + 4095) / 4096 * 4096
        mappedByteCount = pages + 4096
        start = mmap(nil, mappedByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        precondition(start != MAP_FAILED && mprotect(start + pages, 4096, PROT_NONE) == 0, "no guarded memory")
        offset = pages - byteCount
        elements.withUnsafeBytes { (start + offset).copyMemory(from: $0.baseAddress!, byteCount: byteCount) }
    }

    deinit {
        munmap(start, mappedByteCount)
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start + offset, count: byteCount) }
    var floats: UnsafeMutablePointer<Float> { (start + offset).assumingMemoryBound(to: Float.self) }
}
