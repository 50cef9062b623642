import Kernels

/// Speed of matrix products alone, for every weight format: no model is needed.
struct KernelMeasurement {
    let table: KernelTable
    let threads: Int
    /// Seconds from some fixed moment.
    let now: () -> Double

    /// A matrix as models have them.
    struct Shape: Equatable {
        var rows: Int
        var columns: Int

        /// One of a model with 100 M parameters, one of a model with 1 B. Columns suit every format.
        static let typical = [Shape(rows: 2_048, columns: 768), Shape(rows: 5_632, columns: 2_048)]
    }

    /// Rows of activations: one sequence, a few, a batch, a prompt.
    static let rowCounts = [1, 4, 32, 512]

    /// One product, on some threads.
    struct Result: Equatable {
        var format: WeightFormat
        var shape: Shape
        var rowCount: Int
        var threads: Int
        /// The median of one product.
        var seconds: Double
        var weightByteCount: Int
        /// What the machine gave right before and right after.
        var limits: MachineLimits

        /// Whether the product is of integers.
        var isQuantized: Bool { format.isQuantized }
        /// Per second.
        var multiplyAdds: Double { Double(shape.rows * shape.columns * rowCount) / seconds }
        var bytes: Double { Double(weightByteCount) / seconds }
    }

    func run(progress: (String) -> Void) throws -> KernelReport {
        let pool = WorkerPool(threadCount: threads)
        let alone = WorkerPool(threadCount: 1)
        progress("\(table.name): limits")
        let probe = try LimitProbe(kernels: table, pool: pool, now: now)
        var before = probe.measure()
        var results: [Result] = []
        for shape in Shape.typical {
            for format in WeightFormat.allCases {
                progress("\(table.name): \(format), \(shape.rows) x \(shape.columns)")
                let ring = try MatrixRing(format, shape, byteCount: probe.limits.readByteCount, table, pool)
                let times = try Self.rowCounts.flatMap { rowCount in
                    let product = try ProductTimer(ring: ring, rowCount: rowCount, kernels: table, now: now)
                    return (pool.threadCount > 1 ? [alone, pool] : [pool]).map { pool in
                        (rowCount: rowCount, threads: pool.threadCount, seconds: product.seconds(pool))
                    }
                }
                let after = probe.measure()
                let limits = before.best(after)
                before = after
                results += times.map {
                    Result(
                        format: format, shape: shape, rowCount: $0.rowCount, threads: $0.threads, seconds: $0.seconds,
                        weightByteCount: ring.matrices[0].byteCount, limits: limits)
                }
            }
        }
        return KernelReport(machine: BenchMachine(probe, table, pool), results: results)
    }
}

/// Equal matrices one after the other in memory, more of them than the caches hold: a product in turn with each meets
/// its weights where a model's steps meet them.
struct MatrixRing {
    let matrices: [PackedMatrix]

    init(
        _ format: WeightFormat, _ shape: KernelMeasurement.Shape, byteCount: Int, _ kernels: KernelTable,
        _ pool: WorkerPool
    ) throws(KernelError) {
        guard let sourceByteCount = format.byteCount(elementCount: shape.rows * shape.columns) else {
            throw .columnCount(shape.columns, format: format)
        }
        // Bytes 0x28 to 0x2F: whatever numbers a format makes of them, none is tiny, infinite or not a number, which
        // processors may be slow with.
        let bytes = (0..<sourceByteCount).map { UInt8(truncatingIfNeeded: 0x28 | (($0 &* 7919) >> 5 & 7)) }
        let arena = WeightArena()
        func packed() throws(KernelError) -> PackedMatrix {
            let result = bytes.withUnsafeBytes { bytes in
                Result<PackedMatrix, KernelError> { () throws(KernelError) in
                    try PackedMatrix(
                        stacking: [WeightSource(format: format, rowCount: shape.rows, bytes: bytes)],
                        columnCount: shape.columns, kernels: kernels, pool: pool, arena: arena)
                }
            }
            return try result.get()
        }
        var matrices = [try packed()]
        while matrices.count * matrices[0].byteCount < byteCount { matrices.append(try packed()) }
        self.matrices = matrices
    }
}

/// Times one product.
final class ProductTimer {
    private let ring: MatrixRing
    private let rowCount: Int
    private let now: () -> Double
    private let buffer: ActivationBuffer
    private let activations: ActivationRows
    private var output: [Float]
    private var turn = 0

    init(ring: MatrixRing, rowCount: Int, kernels: KernelTable, now: @escaping () -> Double) throws(KernelError) {
        self.ring = ring
        self.rowCount = rowCount
        self.now = now
        let matrix = ring.matrices[0]
        output = Array(repeating: 0, count: rowCount * matrix.rowCount)
        buffer = try ActivationBuffer(rowCapacity: rowCount, columnCapacity: matrix.columnCount, kernels: kernels)
        activations = buffer.rows(rowCount, for: matrix)
        let values = (0..<rowCount * matrix.columnCount).map { Float($0 * 37 % 101 - 50) / 50 }
        values.withUnsafeBufferPointer { values in
            guard let start = values.baseAddress else { return }
            for row in 0..<rowCount { activations.store(start + row * matrix.columnCount, row: row) }
        }
    }

    /// The median of products until `budget` is used, without a first one; of that one alone if it uses the budget.
    func seconds(_ pool: WorkerPool, budget: Double = 0.04) -> Double {
        let first = multiply(pool)
        guard first < budget else { return first }
        var times: [Double] = []
        var sum = 0.0
        while times.count < 3 || (sum < budget && times.count < 10_000) {
            times.append(multiply(pool))
            sum += times[times.count - 1]
        }
        return times.median
    }

    private func multiply(_ pool: WorkerPool) -> Double {
        turn = (turn + 1) % ring.matrices.count
        let matrix = ring.matrices[turn]
        return output.withUnsafeMutableBufferPointer { output in
            guard let start = output.baseAddress else { return 0 }
            let begin = now()
            matrix.multiply(activations, into: start, stride: matrix.rowCount, pool: pool)
            return now() - begin
        }
    }
}
