import Testing

@testable import Kernels

@Suite struct LimitProbeTests {
    @Test func limitsAreTheBestOfAllMeasurements() throws {
        // A clock on which everything takes a second at first, then half a second, then a second again.
        var time = 0.0, tick = 1.0
        let kernels = try KernelTable.select(environment: nil)
        let pool = WorkerPool(threadCount: 2)
        let probe = try LimitProbe(kernels: kernels, pool: pool) {
            time += tick
            return time
        }
        #expect(probe.limits.reads == MachineLimits.Rate())
        probe.measure()
        let first = probe.limits
        #expect(first.reads.oneThread == Double(first.readByteCount))
        #expect(first.reads.allThreads == Double(first.readByteCount))
        #expect(first.farReads.allThreads == Double(first.farReadByteCount))
        #expect(first.integerProducts.allThreads == 2 * first.integerProducts.oneThread)
        #expect(first.floatProducts.allThreads == 2 * first.floatProducts.oneThread)
        tick = 0.5
        probe.measure()
        let second = probe.limits
        #expect(second.reads.oneThread == 2 * first.reads.oneThread)
        #expect(second.integerProducts.allThreads == 2 * first.integerProducts.allThreads)
        tick = 1
        #expect(probe.measure() == first, "what the machine gives at the moment")
        #expect(probe.limits == second, "the best of all moments")
    }

    @Test(arguments: [
        (0, 0, 96 << 20), (1 << 20, 32 << 20, 96 << 20), ((100 << 20) + 1, 0, 101 << 20),
        (100 << 20, 64 << 20, 128 << 20), (1 << 40, 0, 256 << 20), (0, .max, 1 << 30),
    ])
    func readsAreOfWhatAStepReadsUnlessACacheHoldsIt(_ step: Int, _ cache: Int, _ expected: Int) {
        #expect(LimitProbe.readByteCount(stepByteCount: step, cacheByteCount: cache) == expected)
    }
}
