/// The rows between the callers and the disk, and the account of those that were lost: a pure value, so that
/// the rules of the queue can be tested without a disk.
///
/// INVARIANT: `queued.count + inFlight <= limits.queuedRows`.
struct PendingRows {
    /// When the writer has to look at the queue.
    enum Wake: Equatable {
        /// It will look anyway, early enough.
        case none
        case now
        case after(Duration)
    }

    let limits: RequestLog.Limits
    private(set) var queued: [RequestRecord] = []
    /// Rows of the batch that is being written. They count against the bound, because they come back if it fails.
    private(set) var inFlight = 0
    private(set) var dropped = 0
    private(set) var failures = 0
    private(set) var isClosed = false
    private var isWakeScheduled = false

    init(limits: RequestLog.Limits) {
        self.limits = limits
    }

    /// Takes a row, or counts it as lost.
    mutating func append(_ record: RequestRecord) -> Wake {
        guard !isClosed, queued.count + inFlight < limits.queuedRows else {
            dropped += 1
            return .none
        }
        queued.append(record)
        // During an outage the retry is already scheduled, and a full batch is no reason to hurry it.
        if failures == 0, queued.count == limits.batchRows { return .now }
        guard !isWakeScheduled else { return .none }
        isWakeScheduled = true
        return .after(limits.batchInterval)
    }

    /// Takes the next rows to write, at most a batch; empty if there is nothing to do.
    mutating func takeBatch() -> [RequestRecord] {
        precondition(inFlight == 0, "one writer, one batch at a time")
        let batch = Array(queued.prefix(limits.batchRows))
        queued.removeFirst(batch.count)
        inFlight = batch.count
        return batch
    }

    /// The batch is on disk. Returns whether this ends an outage.
    mutating func batchWritten() -> Bool {
        defer { failures = 0 }
        inFlight = 0
        return failures > 0
    }

    /// The batch will never be accepted.
    mutating func batchRefused() {
        dropped += inFlight
        inFlight = 0
    }

    /// The batch could not be written now and goes back to the head of the queue. Returns whether this begins an
    /// outage.
    mutating func batchFailed(_ batch: [RequestRecord]) -> Bool {
        queued.insert(contentsOf: batch, at: 0)
        inFlight = 0
        failures += 1
        return failures == 1
    }

    /// The scheduled look at the queue has begun.
    mutating func wakeArrived() {
        isWakeScheduled = false
    }

    /// When to look again after a look has ended.
    mutating func wakeAfterDrain() -> Wake {
        guard !queued.isEmpty, !isWakeScheduled, !isClosed else { return .none }
        isWakeScheduled = true
        return .after(failures > 0 ? limits.retryDelay(afterFailures: failures) : limits.batchInterval)
    }

    /// No further rows are taken. Returns whether this was the first call.
    mutating func close() -> Bool {
        defer { isClosed = true }
        return !isClosed
    }

    /// Rows still here will never be written.
    mutating func discardQueued() {
        dropped += queued.count
        queued.removeAll()
    }
}
