/// The most that a machine does of what inference consists of: reading memory and multiplying.
///
/// Speeds are quoted as shares of these. They are measured, not looked up: what a virtual machine really gives stands
/// on no data sheet.
public struct MachineLimits: Sendable, Equatable {
    /// The same thing done by one thread alone, and by all threads together.
    public struct Rate: Sendable, Equatable {
        /// Per second.
        public var oneThread: Double
        /// Per second, all threads together.
        public var allThreads: Double

        public init(oneThread: Double = 0, allThreads: Double = 0) {
            self.oneThread = oneThread
            self.allThreads = allThreads
        }

        /// The larger of each.
        func best(_ other: Rate) -> Rate {
            Rate(oneThread: max(oneThread, other.oneThread), allThreads: max(allThreads, other.allThreads))
        }
    }

    /// Bytes read in order, again and again, from a stretch of ``readByteCount`` bytes.
    public var reads: Rate
    /// The length of the stretch: what a decode step reads, and more than the caches hold.
    public var readByteCount: Int
    /// As ``reads``, from a stretch so long that caches hardly matter.
    public var farReads: Rate
    public var farReadByteCount: Int
    /// Multiply-adds of 8-bit integers.
    public var integerProducts: Rate
    /// Multiply-adds of 32-bit floats.
    public var floatProducts: Rate

    public init(
        reads: Rate = Rate(), readByteCount: Int = 0, farReads: Rate = Rate(), farReadByteCount: Int = 0,
        integerProducts: Rate = Rate(), floatProducts: Rate = Rate()
    ) {
        self.reads = reads
        self.readByteCount = readByteCount
        self.farReads = farReads
        self.farReadByteCount = farReadByteCount
        self.integerProducts = integerProducts
        self.floatProducts = floatProducts
    }

    /// The larger of each rate; both are of the same lengths.
    public func best(_ other: MachineLimits) -> MachineLimits {
        precondition(
            readByteCount == other.readByteCount && farReadByteCount == other.farReadByteCount,
            "reads of different lengths do not compare")
        return MachineLimits(
            reads: reads.best(other.reads), readByteCount: readByteCount, farReads: farReads.best(other.farReads),
            farReadByteCount: farReadByteCount, integerProducts: integerProducts.best(other.integerProducts),
            floatProducts: floatProducts.best(other.floatProducts))
    }
}
