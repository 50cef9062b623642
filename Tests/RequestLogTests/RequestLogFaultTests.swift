import GRDB
@testable import RequestLog
import Testing

@Suite struct RequestLogFaultTests {
    private let folder: TemporaryFolder
    private let recorder = EventRecorder()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(limits: RequestLog.Limits = .init()) throws -> RequestLog {
        try RequestLog(path: folder.logPath, limits: limits) { [recorder] in recorder.record($0) }
    }

    private func integrity(_ path: String) throws -> String? {
        let database = try DatabaseQueue(path: path)
        defer { #expect(throws: Never.self) { try database.close() } }
        return try database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    }

    @Test func rowsSurviveAKilledProcess() async throws {
        let log = try open()
        for number in 0..<300 { log.append(.sample(number)) }
        await log.flush()
        // What is on disk at this moment is what `kill -9` would leave: the file and its write-ahead log.
        let image = try TemporaryFolder()
        for suffix in ["", "-wal"] {
            try Bytes.write(try Bytes.read(folder.logPath + suffix), to: image.logPath + suffix)
        }
        #expect(try RequestLogReader(path: image.logPath).last(1_000) == (0..<300).map(RequestRecord.sample))
        let reopened = try RequestLog(path: image.logPath)
        reopened.append(.sample(300))
        await reopened.close()
        #expect(try RequestLogReader(path: image.logPath).count() == 301)
        #expect(try integrity(image.logPath) == "ok")
        await log.close()
    }

    @Test func aTornWriteAheadLogLosesWholeBatchesOnly() async throws {
        let log = try open()
        for batch in 0..<4 {
            for number in 0..<10 { log.append(.sample(batch * 10 + number)) }
            await log.flush()
        }
        let file = try Bytes.read(folder.logPath)
        let writeAheadLog = try Bytes.read(folder.logPath + "-wal")
        await log.close()
        var counts: Set<Int> = []
        for length in stride(from: 0, through: writeAheadLog.count, by: 1_021) {
            let image = try TemporaryFolder()
            try Bytes.write(file, to: image.logPath)
            try Bytes.write(writeAheadLog.prefix(length), to: image.logPath + "-wal")
            let reopened = try RequestLog(path: image.logPath)
            await reopened.close()
            counts.insert(try RequestLogReader(path: image.logPath).count())
            #expect(try integrity(image.logPath) == "ok")
        }
        #expect(counts.isSubset(of: [0, 10, 20, 30, 40]))
        #expect(counts.count > 2)
    }

    @Test(arguments: [16, 50, 1_000, 100_000])
    func aFileThatIsNoDatabaseIsMovedAside(count: Int) async throws {
        let garbage = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        try Bytes.write(garbage, to: folder.logPath)
        let log = try open()
        log.append(.sample(1))
        await log.close()
        #expect(try RequestLogReader(path: folder.logPath).count() == 1)
        guard case .movedAside(let path, _)? = recorder.events.first else {
            Issue.record("not reported: \(recorder.events)")
            return
        }
        #expect(try Bytes.read(path) == garbage)
        #expect(recorder.events.count == 1)
    }

    @Test func damageInTheMiddleIsFoundAtOpen() async throws {
        let log = try open()
        for number in 0..<2_000 { log.append(.sample(number)) }
        await log.close()
        var bytes = try Bytes.read(folder.logPath)
        for index in 8_192..<bytes.count - 4_096 { bytes[index] = 0xA5 }
        try Bytes.write(bytes, to: folder.logPath)
        let second = try open()
        second.append(.sample(1))
        await second.close()
        #expect(recorder.events.count == 1)
        #expect(try RequestLogReader(path: folder.logPath).count() == 1)
    }

    @Test func damageFoundByAWriteMovesTheFileAsideAndKeepsTheRows() async throws {
        let first = try open()
        await first.close()
        // The root page of an index that every row goes through; what is read when the file is opened stays sound.
        let reader = try DatabaseQueue(path: folder.logPath)
        let page = try await reader.read {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'request_on_request_id'")
        }
        try reader.close()
        var bytes = try Bytes.read(folder.logPath)
        let start = (try #require(page) - 1) * 4_096
        for index in start..<start + 4_096 { bytes[index] = 0xA5 }
        try Bytes.write(bytes, to: folder.logPath)
        var limits = RequestLog.Limits()
        limits.checkedFileBytes = 0
        let log = try open(limits: limits)
        #expect(recorder.events.isEmpty)
        for number in 0..<10 { log.append(.sample(number)) }
        await log.close()
        #expect(log.droppedCount == 0)
        #expect(try RequestLogReader(path: folder.logPath).count() == 10)
        #expect(
            recorder.events.contains {
                if case .movedAside = $0 { true } else { false }
            })
    }

    @Test func twoDamagedFilesGetTwoNames() async throws {
        for round in 1...3 {
            try Bytes.write([UInt8](repeating: UInt8(round), count: 5_000), to: folder.logPath)
            await (try open()).close()
        }
        let paths = recorder.events.compactMap { event -> String? in
            if case .movedAside(let path, _) = event { path } else { nil }
        }
        #expect(Set(paths).count == 3)
    }

    @Test func aFullDiskDropsCountsAndRecovers() async throws {
        var limits = RequestLog.Limits()
        limits.queuedRows = 200
        limits.batchRows = 100
        limits.maximumFileBytes = 64 << 10
        limits.firstRetryDelay = .seconds(60)
        limits.maximumRetryDelay = .seconds(60)
        let log = try open(limits: limits)
        for number in 0..<5_000 {
            log.append(.sample(number))
            if number.isMultiple(of: 50) { await log.flush() }
        }
        await log.flush()
        let kept = try RequestLogReader(path: folder.logPath).count()
        #expect(kept > 0)
        #expect(log.droppedCount == 5_000 - kept - 200)
        guard case .writeFailing? = recorder.events.first else {
            Issue.record("not reported: \(recorder.events)")
            return
        }
        #expect(recorder.events.count == 1, "an outage is reported once")
        await log.close()
        #expect(log.droppedCount == 5_000 - kept)
        #expect(try integrity(folder.logPath) == "ok")
        // With room again, a new log goes on in the same file.
        let second = try open()
        second.append(.sample(1))
        await second.close()
        #expect(try RequestLogReader(path: folder.logPath).count() == kept + 1)
    }

    @Test func aDatabaseOfAnotherProgramIsLeftAlone() async throws {
        let other = try DatabaseQueue(path: folder.logPath)
        try await other.write { try $0.execute(sql: "CREATE TABLE treasure (x)") }
        try other.close()
        let before = try Bytes.read(folder.logPath)
        #expect(throws: RequestLogError.foreignDatabase(path: folder.logPath)) { _ = try open() }
        #expect(throws: RequestLogError.foreignDatabase(path: folder.logPath)) {
            _ = try RequestLogReader(path: folder.logPath)
        }
        #expect(try Bytes.read(folder.logPath) == before)
    }

    @Test func aNewerSchemaIsRefused() async throws {
        await (try open()).close()
        let database = try DatabaseQueue(path: folder.logPath)
        try await database.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 the future')")
        }
        try database.close()
        #expect(throws: RequestLogError.newerSchema(path: folder.logPath)) { _ = try open() }
    }

    @Test func pathsThatCannotBeOpenedSayWhy() throws {
        #expect(throws: RequestLogError.self) { _ = try RequestLog(path: folder.path) }
        #expect(throws: RequestLogError.self) { _ = try RequestLog(path: "/dev/null/x/requests.sqlite") }
        #expect(throws: RequestLogError.self) { _ = try RequestLogReader(path: folder.path + "/none.sqlite") }
        #expect(!folder.files.contains("none.sqlite"), "a reader creates nothing")
    }

    @Test func errorsTellWhatToDoWithTheRows() {
        func failure(_ code: ResultCode) -> WriteFailure {
            WriteFailure(DatabaseError(resultCode: code, message: "m"))
        }
        for code in [ResultCode.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_BUSY, .SQLITE_READONLY, .SQLITE_CANTOPEN] {
            guard case .temporary = failure(code) else {
                Issue.record("\(code)")
                continue
            }
        }
        guard case .damaged = failure(.SQLITE_CORRUPT), case .damaged = failure(.SQLITE_NOTADB),
            case .refused = failure(.SQLITE_CONSTRAINT), case .temporary = WriteFailure(CancellationError())
        else {
            Issue.record("misjudged")
            return
        }
    }
}
