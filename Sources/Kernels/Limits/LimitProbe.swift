/// Measures the limits of a machine for one kernel table, again and again while a benchmark runs.
///
/// What a machine gives changes from one moment to the next (two threads of a virtual machine read 60 GB/s now and 85 a
/// minute later), so a benchmark measures limits right before and right after each piece of its own work.
public final class LimitProbe {
    private let loops: LimitLoops
    private let pool: WorkerPool
    private let memory: ZeroedMemory
    private let now: () -> Double
    private let rounds: (integers: Int, floats: Int)

    /// The best so far.
    public private(set) var limits: MachineLimits

    /// What multiplies 8-bit integers, for people to read: `vpdpbusd`.
    public let integerInstructions: String

    /// Reserves and touches the memory that is read.
    ///
    /// - Parameters:
    ///   - kernels: Whose instruction set is used.
    ///   - pool: All the threads; the caller's alone is "one thread".
    ///   - stepByteCount: What one decode step reads: that much is read in turn, unless the caches would hold it.
    ///   - now: Seconds from some fixed moment.
    public init(
        kernels: KernelTable, pool: WorkerPool, stepByteCount: Int = 0, now: @escaping () -> Double
    ) throws(KernelError) {
        loops = LimitLoops(kernels)
        integerInstructions = loops.integerInstructions
        self.pool = pool
        self.now = now
        let near = Self.readByteCount(stepByteCount: stepByteCount)
        let far = max(near, Self.farByteCount)
        memory = try ZeroedMemory(byteCount: far, largePages: true)
        limits = MachineLimits(readByteCount: near, farReadByteCount: far)
        rounds = Self.calibrate(loops, now)
        let bytes = UnsafeMutableRawBufferPointer(start: memory.start, count: far)
        // Pages that were never written are all the same page of zeros, which stays in the cache.
        pool.parallelFor(count: far / Self.chunkByteCount, grain: 1) { range, _ in
            for chunk in range {
                let start = chunk * Self.chunkByteCount
                UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + Self.chunkByteCount])
                    .initializeMemory(as: UInt8.self, repeating: 1)
            }
        }
    }

    /// The bytes to read in turn when a decode step reads `stepByteCount`.
    ///
    /// The last cache holds on to a part of what is read in turn, so less memory reads faster (62 GB/s for 96 MB,
    /// 50 GB/s for 256 MB on two cores of Zen 5 with 32 MB). As many bytes as the step itself reads is the fair limit, but
    /// never what fits into the cache, and never more than it takes to forget the cache.
    public static func readByteCount(
        stepByteCount: Int, cacheByteCount: Int = Processor.lastCacheByteCount
    ) -> Int {
        let wanted = max(96 << 20, min(stepByteCount, farByteCount), 2 * min(cacheByteCount, 1 << 29))
        return (wanted + chunkByteCount - 1) / chunkByteCount * chunkByteCount
    }

    /// Measures everything once more, some 100 ms on a common machine.
    ///
    /// - Returns: What the machine gives at this moment; ``limits`` keeps the best of all moments.
    @discardableResult
    public func measure() -> MachineLimits {
        let current = MachineLimits(
            reads: reads(limits.readByteCount, passes: 3), readByteCount: limits.readByteCount,
            farReads: reads(limits.farReadByteCount, passes: 2), farReadByteCount: limits.farReadByteCount,
            integerProducts: products(rounds.integers) { [loops] in loops.multiplyIntegers(rounds: $0) },
            floatProducts: products(rounds.floats) { [loops] in loops.multiplyFloats(rounds: $0) })
        limits = limits.best(current)
        return current
    }

    // MARK: Reading

    private func reads(_ byteCount: Int, passes: Int) -> MachineLimits.Rate {
        let bytes = UnsafeRawBufferPointer(start: memory.start, count: byteCount)
        var best = MachineLimits.Rate()
        for _ in 0..<passes {
            best.oneThread = max(best.oneThread, rate(byteCount) { loops.read(bytes) })
            let allThreads = rate(byteCount) {
                pool.parallelFor(count: byteCount / Self.chunkByteCount, grain: 1) { range, _ in
                    let start = range.lowerBound * Self.chunkByteCount
                    let end = range.upperBound * Self.chunkByteCount
                    loops.read(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                }
            }
            best.allThreads = max(best.allThreads, allThreads)
        }
        return best
    }

    // MARK: Multiplying

    /// - Parameter rounds: What one thread does in some milliseconds.
    private func products(_ rounds: Int, _ multiply: (Int) -> Void) -> MachineLimits.Rate {
        let perRange = max(1, rounds / 32)
        let rangeCount = 32 * pool.threadCount
        var best = MachineLimits.Rate()
        for _ in 0..<3 {
            best.oneThread = max(best.oneThread, rate(rounds * LimitLoops.roundLength) { multiply(rounds) })
            let allThreads = rate(perRange * rangeCount * LimitLoops.roundLength) {
                pool.parallelFor(count: rangeCount, grain: 1) { range, _ in
                    for _ in range { multiply(perRange) }
                }
            }
            best.allThreads = max(best.allThreads, allThreads)
        }
        return best
    }

    /// How many rounds take three milliseconds or more.
    private static func calibrate(_ loops: LimitLoops, _ now: () -> Double) -> (integers: Int, floats: Int) {
        func count(_ multiply: (Int) -> Void) -> Int {
            var rounds = 32
            while rounds < 1 << 20 {
                let start = now()
                multiply(rounds)
                if now() - start >= 0.003 { break }
                rounds *= 2
            }
            return rounds
        }
        return (count { loops.multiplyIntegers(rounds: $0) }, count { loops.multiplyFloats(rounds: $0) })
    }

    /// `amount` per second of `body`.
    private func rate(_ amount: Int, _ body: () -> Void) -> Double {
        let start = now()
        body()
        let seconds = now() - start
        return seconds > 0 ? Double(amount) / seconds : 0
    }

    private static var chunkByteCount: Int { 1 << 20 }
    /// Reading more than this in turn is hardly slower.
    private static var farByteCount: Int { 256 << 20 }
}
