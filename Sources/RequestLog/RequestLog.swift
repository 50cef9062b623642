import Dispatch
import GRDB
import Synchronization

/// A log of requests in an SQLite file: one row a request, written in batches behind the back of the callers.
///
/// The log never slows a reply. `append` puts a row into a bounded queue and returns; a serial queue of its own
/// writes what has gathered, at the latest after `Limits.batchInterval`. While the disk refuses writes, rows wait
/// and the write is tried again with growing delays; what does not fit into the queue is dropped and counted.
///
/// A row is safe from the death of the process once it is written (`kill -9` loses at most the last interval), and
/// from a power failure once SQLite has checkpointed. This object holds the only connection that writes the file;
/// others read it with `RequestLogReader`.
public final class RequestLog: Sendable {
    /// The database file.
    public let path: String
    private let limits: Limits
    private let report: @Sendable (RequestLogEvent) -> Void
    private let pending: Mutex<PendingRows>
    /// Used on `writer` only, so the lock is never contended.
    private let storage: Mutex<Storage>
    private let writer = DispatchQueue(label: "needletail.request-log", qos: .utility)

    private struct Storage {
        /// `nil` once closed.
        var ownership: OwnershipLock?
        /// `nil` once closed, and after a damaged file could not be replaced.
        var database: LogDatabase?
    }

    /// Opens the log, creating the file with mode 0600, and its folder, where there is none.
    ///
    /// - Parameter report: Called with what an operator should hear, on this thread during the call and on the
    ///   log's own queue afterwards; it must not block for long.
    public init(
        path: String, limits: Limits = Limits(), report: @escaping @Sendable (RequestLogEvent) -> Void = { _ in }
    ) throws(RequestLogError) {
        let file = LogFile(path: path)
        try file.makeFolder()
        let ownership = try OwnershipLock(guarding: path)
        let opened = try file.openDatabase(limits: limits)
        self.path = path
        self.limits = limits
        self.report = report
        pending = Mutex(PendingRows(limits: limits))
        storage = Mutex(Storage(ownership: ownership, database: opened.database))
        if let event = opened.moved { report(event) }
    }

    /// Waiting rows keep the log alive, so there are none left here. The connection has to be closed before the
    /// lock is given up with the other properties.
    deinit {
        storage.withLock { closeDatabase(&$0) }
    }

    /// Rows lost since the log was opened: the queue was full, the log closed, or the database refused them.
    public var droppedCount: Int {
        pending.withLock { $0.dropped }
    }

    /// Queues a row. Never blocks on the disk, never fails: a row that finds no room is counted.
    public func append(_ record: RequestRecord) {
        let bounded = record.bounded()
        schedule(pending.withLock { $0.append(bounded) })
    }

    /// Tries once, now, to write everything appended before the call, and returns when that is over.
    public func flush() async {
        await onWriter { self.drain() }
    }

    /// Writes what is queued, checkpoints and closes the file. Rows that cannot be written now are counted as
    /// dropped, as are those appended later. Further calls do nothing.
    public func close() async {
        guard pending.withLock({ $0.close() }) else { return await onWriter {} }
        await onWriter { self.finish() }
    }
}

// MARK: - On the writer's queue

extension RequestLog {
    private func onWriter(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            writer.async {
                work()
                continuation.resume()
            }
        }
    }

    private func schedule(_ wake: PendingRows.Wake) {
        switch wake {
        case .none:
            break
        case .now:
            writer.async { self.drain() }
        case .after(let delay):
            writer.asyncAfter(deadline: .now() + delay.dispatchInterval) {
                self.pending.withLock { $0.wakeArrived() }
                self.drain()
            }
        }
    }

    /// Writes batch after batch until the queue is empty or a write fails.
    private func drain() {
        while true {
            let batch = pending.withLock { $0.takeBatch() }
            guard !batch.isEmpty, write(batch) else { break }
        }
        schedule(pending.withLock { $0.wakeAfterDrain() })
    }

    /// Writes one batch and settles its account. Returns whether to go on with the next one.
    private func write(_ batch: [RequestRecord]) -> Bool {
        do {
            try insert(batch)
        } catch {
            return settle(batch, failure: WriteFailure(error))
        }
        let (isRecovered, dropped) = pending.withLock { ($0.batchWritten(), $0.dropped) }
        if isRecovered { report(.writeRecovered(dropped: dropped)) }
        return true
    }

    /// Inserts the batch; if the file turns out to be damaged, begins another one and inserts it there.
    private func insert(_ batch: [RequestRecord]) throws {
        try storage.withLock { storage in
            do {
                try openIfNeeded(&storage).insert(batch)
            } catch {
                guard case .damaged(let reason) = WriteFailure(error) else { throw error }
                closeDatabase(&storage)
                try adopt(LogFile(path: path).openAnew(limits: limits, reason: reason), in: &storage).insert(batch)
            }
        }
    }

    private func openIfNeeded(_ storage: inout Storage) throws -> LogDatabase {
        if let database = storage.database { return database }
        return adopt(try LogFile(path: path).openDatabase(limits: limits), in: &storage)
    }

    private func adopt(_ opened: LogFile.Opened, in storage: inout Storage) -> LogDatabase {
        storage.database = opened.database
        if let event = opened.moved { report(event) }
        return opened.database
    }

    /// Gives the connection up. A close may fail on the very damage that is its reason: told, and no obstacle.
    private func closeDatabase(_ storage: inout Storage) {
        do {
            try storage.database?.close()
        } catch {
            report(.writeFailing(reason: "\(error)"))
        }
        storage.database = nil
    }

    private func settle(_ batch: [RequestRecord], failure: WriteFailure) -> Bool {
        switch failure {
        case .refused(let reason):
            pending.withLock { $0.batchRefused() }
            report(.rowsRefused(count: batch.count, reason: reason))
            return true
        case .damaged(let reason), .temporary(let reason):
            let isNew = pending.withLock { $0.batchFailed(batch) }
            if isNew { report(.writeFailing(reason: reason)) }
            return false
        }
    }

    private func finish() {
        drain()
        pending.withLock { $0.discardQueued() }
        storage.withLock { storage in
            closeDatabase(&storage)
            storage.ownership = nil
        }
    }
}

extension Duration {
    /// The same span for Dispatch, to the nanosecond; what does not fit means never.
    fileprivate var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        let (whole, isOverflowing) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isSumOverflowing) = whole.addingReportingOverflow(Int(attoseconds / 1_000_000_000))
        return isOverflowing || isSumOverflowing ? .never : .nanoseconds(sum)
    }
}
