extension RequestLog {
    /// The bounds within which a log works.
    public struct Limits: Sendable {
        /// Rows that may wait for the disk; beyond it rows are dropped and counted.
        public var queuedRows = 10_000
        /// Rows after which a batch is written at once, and the most that one transaction holds.
        public var batchRows = 1_000
        /// The longest time that a row waits for its batch: what `kill -9` can lose.
        public var batchInterval = Duration.milliseconds(100)
        /// The delay after the first failed write; it doubles with each further one.
        public var firstRetryDelay = Duration.milliseconds(200)
        /// The longest delay between two attempts to write.
        public var maximumRetryDelay = Duration.seconds(30)
        /// The size in bytes at which the file stops growing; `nil` for no bound.
        public var maximumFileBytes: Int?
        /// A file up to this size in bytes is checked from end to end when it is opened. A larger one would
        /// delay the start of the server, so damage in it is found when a write meets it.
        public var checkedFileBytes = 16 << 20

        public init() {}

        /// The delay before the next attempt after `failures` failed ones in a row.
        func retryDelay(afterFailures failures: Int) -> Duration {
            let doublings = min(max(failures - 1, 0), 20)
            return min(firstRetryDelay * (1 << doublings), maximumRetryDelay)
        }
    }
}
