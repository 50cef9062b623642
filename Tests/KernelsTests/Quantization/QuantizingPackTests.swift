import Testing

@testable import Kernels

@Suite struct QuantizingPackTests {
    @Test func `rows of an odd length get a format that takes them`() {
        #expect(WeightFormat.q4K.fitting(rowLength: 512) == .q4K)
        #expect(WeightFormat.q4K.fitting(rowLength: 576) == .q4_1)
        #expect(WeightFormat.q5K.fitting(rowLength: 576) == .q5_1)
        #expect(WeightFormat.q6K.fitting(rowLength: 576) == .q8_0)
        #expect(WeightFormat.q8_0.fitting(rowLength: 40) == .f16)
        #expect(WeightFormat.q4K.fitting(rowLength: 40) == .f16)
        #expect(WeightFormat.bf16.fitting(rowLength: 7) == .bf16)
    }

    @Test func `only floats are quantised, and only where their rows can be`() {
        #expect(WeightFormat.f16.packed(quantizingTo: .q8_0, columnCount: 64) == .q8_0)
        #expect(WeightFormat.f32.packed(quantizingTo: nil, columnCount: 64) == .f32)
        #expect(WeightFormat.f32.packed(quantizingTo: .q8_0, columnCount: 40) == .f32)
        #expect(WeightFormat.q4_0.packed(quantizingTo: .q8_0, columnCount: 64) == .q4_0)
    }

    /// Quantising at load and loading what was quantised before are the same.
    @Test func `products are those of rows that were quantised before`() throws {
        let (outputs, columns) = (48, 96)
        let floats = QuantizeTests.normal(count: outputs * columns, seed: 4)
        var random = RandomFloats(seed: 6)
        let activations = random.array(columns)
        let pool = WorkerPool(threadCount: 2)
        for table in MatrixCase.tables {
            func products(_ matrix: PackedMatrix) throws -> [Float] {
                let buffer = try ActivationBuffer(rowCapacity: 1, columnCapacity: columns, kernels: table)
                defer { withExtendedLifetime(buffer) {} }
                var result = [Float](repeating: .nan, count: outputs)
                let rows = buffer.prepare(activations, stride: columns, rowCount: 1, for: matrix, pool: pool)
                matrix.multiply(rows, into: &result, stride: outputs, pool: pool)
                return result
            }
            let expected = try QuantizeTests.matrix(floats, rowCount: outputs, to: .q8_0, threads: 1)
            let before = try expected.withUnsafeBytes { bytes in
                try PackedMatrix(
                    stacking: [WeightSource(format: .q8_0, rowCount: outputs, bytes: bytes)], columnCount: columns,
                    kernels: table, pool: pool)
            }
            let atLoad = try floats.withUnsafeBytes { bytes in
                try PackedMatrix(
                    stacking: [WeightSource(format: .f32, rowCount: outputs, bytes: bytes)], quantizingTo: .q8_0,
                    columnCount: columns, kernels: table, pool: pool)
            }
            #expect(try products(atLoad) == products(before))
        }
    }
}
