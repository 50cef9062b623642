/// Why a request log could not be opened.
public enum RequestLogError: Error, Sendable, Equatable {
    /// Another process, or another `RequestLog` of this one, writes this file.
    case inUse(path: String)
    /// The file, its folder or its lock could not be opened or created.
    case cannotOpen(path: String, reason: String)
    /// The file is a database of some other program, which must not be touched.
    case foreignDatabase(path: String)
    /// The file was written by a later version, whose tables this one does not know.
    case newerSchema(path: String)
}

extension RequestLogError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .inUse(let path):
            "the request log \(path) is in use by another process"
        case .cannotOpen(let path, let reason):
            "cannot open the request log \(path): \(reason)"
        case .foreignDatabase(let path):
            "\(path) is a database of another program, not a request log"
        case .newerSchema(let path):
            "the request log \(path) was written by a newer version of this program"
        }
    }
}

/// What an operator should hear about a log that is open, in addition to `RequestLog.droppedCount`.
public enum RequestLogEvent: Sendable, Equatable {
    /// The file was damaged, now lies at `path`, and a new one has been begun in its place.
    case movedAside(path: String, reason: String)
    /// A write failed; the rows wait and the write is tried again with growing delays. Reported once per outage.
    case writeFailing(reason: String)
    /// Writing works again; `dropped` is the count of all rows lost since the log was opened.
    case writeRecovered(dropped: Int)
    /// Rows that the database refuses for what they hold were given up, so that later ones are not held back.
    case rowsRefused(count: Int, reason: String)
}

extension RequestLogEvent: CustomStringConvertible {
    public var description: String {
        switch self {
        case .movedAside(let path, let reason):
            "the file was damaged and is now \(path); a new one is begun (\(reason))"
        case .writeFailing(let reason):
            "cannot write; rows wait for the next attempt (\(reason))"
        case .writeRecovered(let dropped):
            "writing works again; \(dropped) rows were dropped since the start"
        case .rowsRefused(let count, let reason):
            "\(count) rows were dropped because the database refuses them (\(reason))"
        }
    }
}
