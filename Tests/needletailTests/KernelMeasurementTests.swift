import Kernels
import Testing

@testable import needletail

@Suite struct KernelMeasurementTests {
    @Test(arguments: WeightFormat.allCases)
    func ringsAreLargerThanTheCache(_ format: WeightFormat) throws {
        let shape = KernelMeasurement.Shape(rows: 40, columns: 256)
        let kernels = try KernelTable.select(environment: nil)
        let pool = WorkerPool(threadCount: 2)
        let ring = try MatrixRing(format, shape, byteCount: 200_000, kernels, pool)
        #expect(ring.matrices.reduce(0) { $0 + $1.byteCount } >= 200_000)
        #expect(ring.matrices.dropLast().reduce(0) { $0 + $1.byteCount } < 200_000)
        let buffer = try ActivationBuffer(rowCapacity: 1, columnCapacity: 256, kernels: kernels)
        defer { withExtendedLifetime(buffer) {} }
        let ones = [Float](repeating: 1, count: 256)
        let activations = buffer.prepare(ones, stride: 256, rowCount: 1, for: ring.matrices[0], pool: pool)
        var output = [Float](repeating: 0, count: 40)
        ring.matrices[0].multiply(activations, into: &output, stride: 40, pool: pool)
        #expect(output.allSatisfy { $0.isNormal }, "no number that a processor may be slow with")
    }

    @Test func timesAreTheMedianWithoutTheFirst() throws {
        let kernels = try KernelTable.select(environment: nil)
        let pool = WorkerPool(threadCount: 1)
        let shape = KernelMeasurement.Shape(rows: 16, columns: 256)
        let ring = try MatrixRing(.q8_0, shape, byteCount: 1, kernels, pool)
        // Each product reads the clock twice; the first takes 5 s, the others 1 s.
        var time = 0.0, reads = 0
        let timer = try ProductTimer(ring: ring, rowCount: 1, kernels: kernels) {
            reads += 1
            if reads.isMultiple(of: 2) { time += reads == 2 ? 5 : 1 }
            return time
        }
        #expect(timer.seconds(pool, budget: 10) == 1)
        #expect(reads == 2 * 11)
        #expect(timer.seconds(pool, budget: 0.5) == 1, "one product uses the budget")
        #expect(reads == 2 * 12)
    }

    @Test func shapesSuitEveryFormat() {
        for shape in KernelMeasurement.Shape.typical {
            #expect(WeightFormat.allCases.allSatisfy { shape.columns.isMultiple(of: $0.blockLength) })
        }
    }
}
