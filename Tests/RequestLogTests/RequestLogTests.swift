import GRDB
@testable import RequestLog
import Testing

@Suite struct RequestLogTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func rowsComeBackAsTheyWere() async throws {
        let log = try RequestLog(path: folder.logPath)
        let records = (0..<20).map(RequestRecord.sample)
        for record in records { log.append(record) }
        await log.flush()
        let reader = try RequestLogReader(path: folder.logPath)
        #expect(try reader.last(100) == records)
        #expect(try reader.last(3) == Array(records.suffix(3)))
        #expect(try reader.last(0).isEmpty)
        #expect(try reader.last(-1).isEmpty)
        #expect(try reader.records(withID: "req_7") == [.sample(7)])
        #expect(log.droppedCount == 0)
        await log.close()
    }

    /// A log of the version before keys had ids is readable as it is, and goes on when a server opens it.
    @Test func anOlderLogIsReadAndContinued() async throws {
        do {
            let log = try RequestLog(path: folder.logPath)
            log.append(.sample(2))
            await log.close()
            try await DatabaseQueue(path: folder.logPath).write { database in
                try database.execute(sql: "ALTER TABLE request DROP COLUMN key_id")
                try database.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '2 %'")
            }
        }
        var old = RequestRecord.sample(2)
        old.keyID = nil
        #expect(try RequestLogReader(path: folder.logPath).last(9) == [old])
        let log = try RequestLog(path: folder.logPath)
        log.append(.sample(4))
        await log.close()
        #expect(try RequestLogReader(path: folder.logPath).last(9) == [old, .sample(4)])
    }

    @Test func rowsAreWrittenWithoutBeingAskedFor() async throws {
        let log = try RequestLog(path: folder.logPath)
        log.append(.sample(1))
        // `close` alone, and no flush, must be enough.
        await log.close()
        #expect(try RequestLogReader(path: folder.logPath).count() == 1)
    }

    @Test func aLogThatIsForgottenStillWritesItsRows() async throws {
        do {
            let log = try RequestLog(path: folder.logPath)
            for number in 0..<5 { log.append(.sample(number)) }
        }
        // The rows keep the log alive until they are written; then it lets go of its lock.
        try Bytes.waitForLock(folder.logPath + ".lock")
        #expect(try RequestLogReader(path: folder.logPath).count() == 5)
    }

    @Test func aBurstOfTenThousandRowsIsKept() async throws {
        let log = try RequestLog(path: folder.logPath)
        await withTaskGroup { group in
            for writer in 0..<10 {
                group.addTask { @concurrent in
                    for number in 0..<1_000 { log.append(.sample(writer * 1_000 + number)) }
                }
            }
        }
        await log.flush()
        #expect(log.droppedCount == 0)
        let reader = try RequestLogReader(path: folder.logPath)
        let ids = Set(try reader.last(20_000).map(\.id))
        #expect(ids.count == 10_000)
        await log.close()
    }

    @Test func readersSeeWholeBatchesWhileRowsAreWritten() async throws {
        let log = try RequestLog(path: folder.logPath)
        let reader = try RequestLogReader(path: folder.logPath)
        var seen = 0
        for round in 1...20 {
            for number in 0..<50 { log.append(.sample(number)) }
            let before = try reader.count()
            #expect(before >= seen)
            await log.flush()
            seen = try reader.count()
            #expect(seen == round * 50)
        }
        await log.close()
        #expect(try reader.count() == 1_000)
    }

    @Test func aSecondWriterIsRefused() async throws {
        let log = try RequestLog(path: folder.logPath)
        #expect(throws: RequestLogError.inUse(path: folder.logPath)) {
            _ = try RequestLog(path: folder.logPath)
        }
        await log.close()
        let second = try RequestLog(path: folder.logPath)
        second.append(.sample(1))
        await second.close()
        #expect(try RequestLogReader(path: folder.logPath).count() == 1)
    }

    @Test func aClosedLogCountsWhatItDoesNotTake() async throws {
        let log = try RequestLog(path: folder.logPath)
        await log.close()
        await log.close()
        log.append(.sample(1))
        await log.flush()
        #expect(log.droppedCount == 1)
        // A clean close leaves nothing but the file and the lock.
        #expect(folder.files == ["requests.sqlite", "requests.sqlite.lock"])
    }

    @Test func nobodyElseMayReadTheFiles() async throws {
        try Bytes.write([], to: folder.logPath)
        let log = try RequestLog(path: folder.logPath)
        log.append(.sample(1))
        await log.flush()
        for suffix in ["", "-wal", "-shm", ".lock"] {
            #expect(try Bytes.mode(folder.logPath + suffix) == 0o600, "\(suffix)")
        }
        await log.close()
    }

    @Test func missingFoldersAreMade() async throws {
        let nested = folder.path + "/a/b"
        let log = try RequestLog(path: nested + "/requests.sqlite")
        await log.close()
        #expect(try Bytes.mode(nested) == 0o700)
        for name in ["requests.sqlite", "requests.sqlite.lock"] { removeFile("\(nested)/\(name)") }
        removeFolder(nested)
        removeFolder(folder.path + "/a")
    }

    @Test func hostileFieldsAreBounded() async throws {
        let log = try RequestLog(path: folder.logPath)
        var record = RequestRecord.sample(1)
        record.model = String(repeating: "é", count: 1_000_000)
        record.id = "x" + String(repeating: "👩‍👩‍👧", count: 100)
        record.totalMilliseconds = .nan
        record.queueMilliseconds = -.infinity
        record.timeToFirstTokenMilliseconds = .infinity
        record.promptTokens = .max
        log.append(record)
        await log.flush()
        let kept = try #require(try RequestLogReader(path: folder.logPath).last(1).first)
        #expect(kept.model == String(repeating: "é", count: 128))
        #expect(kept.id.utf8.count <= 256 && kept.id.utf8.count > 252)
        #expect(record.id.hasPrefix(String(kept.id.prefix(5))))
        #expect(!kept.id.contains("\u{FFFD}"))
        #expect(kept.totalMilliseconds == 0)
        #expect(kept.queueMilliseconds == nil)
        #expect(kept.timeToFirstTokenMilliseconds == nil)
        #expect(kept.promptTokens == .max)
        await log.close()
    }

    @Test func theConnectionIsSetUpAsPromised() async throws {
        let log = try RequestLog(path: folder.logPath)
        log.append(.sample(1))
        await log.close()
        let database = try DatabaseQueue(path: folder.logPath)
        try await database.read { database in
            #expect(try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal")
            #expect(try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") == 2)
            #expect(try String.fetchOne(database, sql: "PRAGMA integrity_check") == "ok")
            let plan = try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN SELECT * FROM request WHERE key_label = 'a' AND received_at_ms > 5")
            let detail: String = try #require(plan.first)["detail"]
            #expect(detail.contains("request_on_key_and_received_at"))
        }
        try database.close()
    }

    @Test func usageIsSummedByDayKeyAndModel() async throws {
        let log = try RequestLog(path: folder.logPath)
        let day: Int64 = 86_400_000
        for (days, key, model, status) in [
            (0, "a", "m", 200), (0, "a", "m", 429), (0, nil, "m", 200), (1, "a", "n", 200),
        ] {
            log.append(
                RequestRecord(
                    id: "r", receivedUnixMilliseconds: Int64(days) * day + 1, keyLabel: key,
                    endpoint: "/v1/completions", model: model, status: status, promptTokens: 10, cachedTokens: 4,
                    completionTokens: 1,
                    totalMilliseconds: 1, isClientCancelled: status == 429))
        }
        await log.close()
        let reader = try RequestLogReader(path: folder.logPath)
        let all = try #require(try reader.usage().first)
        #expect(
            all
                == .init(
                    requests: 4, failedRequests: 1, cancelledRequests: 1, promptTokens: 40, cachedTokens: 16,
                    completionTokens: 4))
        #expect(try reader.usage(by: .key).map(\.keyLabel) == [nil, "a"])
        #expect(try reader.usage(by: .key).map(\.requests) == [1, 3])
        #expect(try reader.usage(by: [.day, .model]).map(\.day) == ["1970-01-01", "1970-01-02"])
        #expect(try reader.usage(by: [.day, .model]).map(\.model) == ["m", "n"])
        #expect(try reader.usage(in: 0..<day).map(\.requests) == [3])
        #expect(try reader.usage(in: 5 * day..<6 * day).map(\.requests) == [0])
        #expect(try reader.usage(by: .day, in: 5 * day..<6 * day).isEmpty)
    }

    @Test func theDefaultPathFollowsTheEnvironment() {
        func path(_ environment: [String: String]) -> String? {
            RequestLog.defaultPath { environment[$0] }
        }
        #expect(path(["NEEDLETAIL_REQUEST_LOG": "log.db", "HOME": "/h"]) == "log.db")
        #expect(path(["NEEDLETAIL_REQUEST_LOG": "", "HOME": "/h"]) == "/h/.local/state/needletail/requests.sqlite")
        #expect(path(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/needletail/requests.sqlite")
        #expect(path(["XDG_STATE_HOME": "s", "HOME": "/h"]) == "/h/.local/state/needletail/requests.sqlite")
        #expect(path([:]) == nil)
    }
}
