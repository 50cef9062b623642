import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The one connection that writes a request log.
struct LogDatabase {
    private let connection: DatabaseQueue

    /// Opens the file, creating it if needed, and brings its tables up to date.
    ///
    /// Throws `RequestLogError` for a file that must be left alone, `DatabaseError` for one that is damaged or
    /// cannot be read.
    init(path: String, limits: RequestLog.Limits) throws {
        var configuration = Configuration()
        configuration.label = "request-log"
        configuration.busyMode = .timeout(5)
        connection = try DatabaseQueue(path: path, configuration: configuration)
        try connection.inDatabase { database in
            try Self.claim(database, path: path)
            // Before there are companion files, which SQLite gives the mode of the database.
            guard chmod(path, 0o600) == 0 else {
                throw RequestLogError.cannotOpen(path: path, reason: SystemError.description(errno))
            }
            try Self.configure(database, path: path, limits: limits)
        }
        let migrator = LogSchema.migrator
        if try connection.read(migrator.hasBeenSuperseded) {
            throw RequestLogError.newerSchema(path: path)
        }
        try migrator.migrate(connection)
        try connection.inDatabase { database in
            try Self.checkIntegrity(database, upToBytes: limits.checkedFileBytes)
        }
    }

    /// Appends the records in one transaction: all of them or none.
    func insert(_ records: [RequestRecord]) throws {
        try connection.write { database in
            let statement = try database.cachedStatement(sql: RequestRecord.insertion)
            for record in records {
                try statement.execute(arguments: record.arguments)
            }
        }
    }

    /// Moves everything from the write-ahead log into the file and closes it.
    func close() throws {
        try connection.close()
    }

    /// Marks an empty file as ours and refuses a file that belongs to somebody else, before anything is changed.
    private static func claim(_ database: Database, path: String) throws {
        let owner = try Int32.fetchOne(database, sql: "PRAGMA application_id")
        guard owner != LogSchema.applicationID else { return }
        let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
        guard owner == 0, isEmpty else { throw RequestLogError.foreignDatabase(path: path) }
        // Only an empty file can be told to give pages back in small steps later on.
        try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        try database.execute(sql: "PRAGMA application_id = \(LogSchema.applicationID)")
    }

    private static func configure(_ database: Database, path: String, limits: RequestLog.Limits) throws {
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
            throw RequestLogError.cannotOpen(path: path, reason: "its file system cannot hold a write-ahead log")
        }
        // Commits survive the death of the process; the last of them may be lost with the machine.
        try database.execute(sql: "PRAGMA synchronous = NORMAL")
        // Bounds what a burst leaves behind in the write-ahead log once it has been checkpointed.
        try database.execute(sql: "PRAGMA journal_size_limit = 4194304")
        if let bytes = limits.maximumFileBytes,
            let pageBytes = try Int.fetchOne(database, sql: "PRAGMA page_size"), pageBytes > 0
        {
            try database.execute(sql: "PRAGMA max_page_count = \(max(bytes / pageBytes, 1))")
        }
    }

    private static func checkIntegrity(_ database: Database, upToBytes limit: Int) throws {
        let pageBytes = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let (bytes, isOverflowing) = pages.multipliedReportingOverflow(by: pageBytes)
        guard !isOverflowing, bytes <= limit else { return }
        let finding = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        guard finding == "ok" else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: finding ?? "the integrity check gave no answer")
        }
    }
}

/// What a failed write means for the rows that it held.
enum WriteFailure: Equatable {
    /// The file is damaged: begin another one and write the rows there.
    case damaged(reason: String)
    /// The rows themselves are not acceptable and never will be.
    case refused(reason: String)
    /// The disk is full, or gone, or busy: later.
    case temporary(reason: String)

    init(_ error: any Error) {
        let reason = "\(error)"
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_CORRUPT?, .SQLITE_NOTADB?:
            self = .damaged(reason: reason)
        case .SQLITE_CONSTRAINT?, .SQLITE_MISMATCH?, .SQLITE_TOOBIG?:
            self = .refused(reason: reason)
        default:
            self = .temporary(reason: reason)
        }
    }
}
