import GRDB

/// Reads a request log that a server may be writing at the same time.
///
/// The connection is read-only: it neither writes nor checkpoints, so it can never meet the writer in the places
/// where SQLite's write-ahead log allows one connection only, and needs no lock.
public struct RequestLogReader: Sendable {
    private let connection: DatabaseQueue
    /// `RequestRecord.columns`, with nothing for what an older version did not write: a reader changes no table.
    private let columns: String

    /// Opens an existing log. Throws `RequestLogError`, also for a file that is no request log.
    public init(path: String) throws(RequestLogError) {
        var configuration = Configuration()
        configuration.label = "request-log-reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let owner: Int32?
        let hasKeyIDs: Bool
        do {
            connection = try DatabaseQueue(path: path, configuration: configuration)
            (owner, hasKeyIDs) = try connection.read { database in
                (
                    try Int32.fetchOne(database, sql: "PRAGMA application_id"),
                    try Bool.fetchOne(
                        database, sql: "SELECT count(*) FROM pragma_table_info('request') WHERE name = ?",
                        arguments: [RequestRecord.keyID]) ?? false
                )
            }
        } catch {
            throw .cannotOpen(path: path, reason: "\(error)")
        }
        guard owner == LogSchema.applicationID else { throw .foreignDatabase(path: path) }
        let keyID = RequestRecord.keyID
        columns = hasKeyIDs ? RequestRecord.columns : RequestRecord.columns.replacing(keyID, with: "NULL AS \(keyID)")
    }

    /// The last `count` requests to end, oldest first, as one reads a log.
    public func last(_ count: Int) throws -> [RequestRecord] {
        try records(sql: "ORDER BY row_id DESC LIMIT ?", arguments: [max(count, 0)]).reversed()
    }

    /// The requests that carried this `x-request-id`, oldest first.
    public func records(withID id: String) throws -> [RequestRecord] {
        try records(sql: "WHERE request_id = ? ORDER BY row_id", arguments: [id])
    }

    /// The count of all requests in the log.
    public func count() throws -> Int {
        try connection.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM request") ?? 0 }
    }

    private func records(sql: String, arguments: StatementArguments) throws -> [RequestRecord] {
        try connection.read { database in
            try Row.fetchAll(
                database, sql: "SELECT \(columns) FROM request \(sql)", arguments: arguments
            ).map(RequestRecord.init(row:))
        }
    }
}

// MARK: - Usage

extension RequestLogReader {
    /// What the requests of an interval are summed by.
    public struct Grouping: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// The day in UTC on which the request arrived.
        public static let day = Grouping(rawValue: 1)
        /// The label of the API key.
        public static let key = Grouping(rawValue: 2)
        /// The model named by the client.
        public static let model = Grouping(rawValue: 4)
    }

    /// The sums over one group of requests.
    public struct Usage: Sendable, Equatable {
        /// `YYYY-MM-DD` in UTC; `nil` unless grouped by day.
        public var day: String?
        /// `nil` unless grouped by key, and for requests without one.
        public var keyLabel: String?
        /// `nil` unless grouped by model, and for requests that named none.
        public var model: String?
        public var requests: Int
        /// Requests answered with a status of 400 or above.
        public var failedRequests: Int
        /// Requests whose client left before the end.
        public var cancelledRequests: Int
        public var promptTokens: Int
        public var cachedTokens: Int
        public var completionTokens: Int
    }

    /// Sums the requests that arrived in `interval` (milliseconds since 1970, UTC), one result a group, in the order
    /// day, key, model. Without grouping there is one result, also for no requests.
    public func usage(by grouping: Grouping = [], in interval: Range<Int64>? = nil) throws -> [Usage] {
        var keys: [String] = []
        if grouping.contains(.day) { keys.append("date(received_at_ms / 1000, 'unixepoch') AS day") }
        if grouping.contains(.key) { keys.append("key_label") }
        if grouping.contains(.model) { keys.append("model") }
        let positions = keys.indices.map { String($0 + 1) }.joined(separator: ", ")
        let order = keys.isEmpty ? "" : "GROUP BY \(positions) ORDER BY \(positions)"
        let query = """
            SELECT \(keys.map { $0 + "," }.joined(separator: " "))
                count(*) AS requests, coalesce(sum(status >= 400), 0) AS failed,
                coalesce(sum(client_cancelled), 0) AS cancelled, coalesce(sum(prompt_tokens), 0) AS prompt,
                coalesce(sum(cached_tokens), 0) AS cached, coalesce(sum(completion_tokens), 0) AS completion
            FROM request WHERE received_at_ms >= ? AND received_at_ms < ? \(order)
            """
        let bounds = interval ?? Int64.min..<Int64.max
        return try connection.read { database in
            try Row.fetchAll(database, sql: query, arguments: [bounds.lowerBound, bounds.upperBound])
                .map { Usage(row: $0, grouping: grouping) }
        }
    }
}

extension RequestLogReader.Usage {
    fileprivate init(row: Row, grouping: RequestLogReader.Grouping) {
        self.init(
            day: grouping.contains(.day) ? row["day"] : nil,
            keyLabel: grouping.contains(.key) ? row["key_label"] : nil,
            model: grouping.contains(.model) ? row["model"] : nil,
            requests: row["requests"],
            failedRequests: row["failed"],
            cancelledRequests: row["cancelled"],
            promptTokens: row["prompt"],
            cachedTokens: row["cached"],
            completionTokens: row["completion"])
    }
}
