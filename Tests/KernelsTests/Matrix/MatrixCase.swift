import Testing

@testable import Kernels

/// A matrix of random weights with random activations, and their product in double precision.
struct MatrixCase {
    static let tables = KernelTable.available

    let format: WeightFormat
    let outputCount: Int
    let columnCount: Int
    let rowCount: Int
    let weights: [UInt8]
    let activations: [Float]

    init(
        format: WeightFormat, outputCount: Int, columnCount: Int, rowCount: Int, weights: [UInt8], activations: [Float]
    ) {
        self.format = format
        self.outputCount = outputCount
        self.columnCount = columnCount
        self.rowCount = rowCount
        self.weights = weights
        self.activations = activations
    }

    init(
        _ format: WeightFormat, outputCount: Int, columnCount: Int, rowCount: Int, seed: UInt64,
        factorExponents: ClosedRange<UInt16> = 4...11
    ) {
        var random = RandomFloats(seed: seed)
        self.format = format
        self.outputCount = outputCount
        self.columnCount = columnCount
        self.rowCount = rowCount
        weights = random.weights(
            format, rowCount: outputCount, columnCount: columnCount, factorExponents: factorExponents)
        // Now and then one far larger than its neighbours, as real activations have.
        activations = (0..<rowCount * columnCount).map { $0 % 61 == 0 ? random.next() * 40 : random.next() }
    }

    /// A row length for tests of `format`: odd in blocks of 32 where the format allows it.
    static func columnCount(for format: WeightFormat) -> Int {
        switch format.blockLength {
        case 1: 83
        case 32: 96
        default: 512
        }
    }

    /// The matrix, or its first `outputCount` rows.
    func packed(
        _ table: KernelTable, outputCount: Int? = nil, roundsToBrain: Bool = false, arena: WeightArena? = nil,
        pool: WorkerPool
    ) throws -> PackedMatrix {
        let rows = outputCount ?? self.outputCount
        let byteCount = try #require(format.byteCount(elementCount: rows * columnCount))
        return try weights.withUnsafeBytes { bytes in
            let source = WeightSource(
                format: format, rowCount: rows, bytes: UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]))
            return try PackedMatrix(
                stacking: [source], columnCount: columnCount, roundsToBrain: roundsToBrain, kernels: table,
                pool: pool, arena: arena)
        }
    }

    /// All rows of activations, or `rowCount` of them from `firstRow` on, times a matrix.
    func product(
        _ matrix: PackedMatrix, _ table: KernelTable, rowCount: Int? = nil, firstRow: Int = 0, bias: [Float]? = nil,
        pool: WorkerPool
    ) throws -> [Float] {
        let rows = rowCount ?? self.rowCount
        let buffer = try ActivationBuffer(rowCapacity: rows, columnCapacity: columnCount, kernels: table)
        defer { withExtendedLifetime(buffer) {} }
        var output = [Float](repeating: .nan, count: rows * matrix.rowCount)
        let prepared = activations.withUnsafeBufferPointer {
            buffer.prepare(
                $0.baseAddress! + firstRow * columnCount, stride: columnCount, rowCount: rows, for: matrix, pool: pool)
        }
        matrix.multiply(prepared, into: &output, stride: matrix.rowCount, bias: bias, pool: pool)
        return output
    }
}

/// What a product should be, and how much rounding it may show.
struct ExpectedProduct {
    /// [row][output]
    let values: [[Double]]
    /// The sum of the magnitudes that went into each value: what errors are relative to.
    let magnitudes: [[Double]]

    /// Rounding of a sum of terms with as many floating-point operations as a row of some hundred columns takes.
    static let tolerance = 0x1p-19

    init(_ test: MatrixCase) {
        let columns = test.columnCount
        let weights = test.format.dequantized(test.weights, count: test.outputCount * columns).map(Double.init)
        let activations =
            test.format.isQuantized
            ? Self.rounded(test.activations) : test.activations.map(Double.init)
        var values: [[Double]] = [], magnitudes: [[Double]] = []
        let largest = test.format.isQuantized ? Self.largestOfEachBlock(weights) : weights.map(abs)
        for row in 0..<test.rowCount {
            var rowValues: [Double] = [], rowMagnitudes: [Double] = []
            for output in 0..<test.outputCount {
                var sum = 0.0, magnitude = 0.0
                for column in 0..<columns {
                    let x = activations[row * columns + column]
                    sum += weights[output * columns + column] * x
                    magnitude += largest[output * columns + column] * abs(x)
                }
                rowValues.append(sum)
                rowMagnitudes.append(magnitude)
            }
            values.append(rowValues)
            magnitudes.append(rowMagnitudes)
        }
        self.values = values
        self.magnitudes = magnitudes
    }

    /// Activations as the kernels round them: 8 bits, and a scale for each 16.
    private static func rounded(_ activations: [Float]) -> [Double] {
        stride(from: 0, to: activations.count, by: 16).flatMap { start in
            let part = activations[start..<start + 16]
            let largest = part.reduce(0) { max($0, abs($1)) }
            let scale = Double(largest / 127)
            return part.map { largest == 0 ? 0 : Double(($0 * (127 / largest)).rounded(.toNearestOrEven)) * scale }
        }
    }

    /// A weight can be small because a level and a minimum cancel; rounding is relative to these.
    private static func largestOfEachBlock(_ weights: [Double]) -> [Double] {
        stride(from: 0, to: weights.count, by: 32).flatMap { start in
            let largest = weights[start..<start + 32].reduce(0) { max($0, abs($1)) }
            return repeatElement(largest, count: 32)
        }
    }

    /// Whether `output`, with `outputCount` values for each row, holds the expected values of its rows.
    func expectMatch(_ output: [Float], outputCount: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        for (index, value) in output.enumerated() {
            let (row, column) = index.quotientAndRemainder(dividingBy: outputCount)
            let error = abs(Double(value) - values[row][column])
            guard error <= magnitudes[row][column] * Self.tolerance else {
                Issue.record(
                    "row \(row), output \(column): \(value) is not \(values[row][column])",
                    sourceLocation: sourceLocation)
                return
            }
        }
    }
}
