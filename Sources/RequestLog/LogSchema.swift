import GRDB

/// The tables of a request log and their history.
enum LogSchema {
    /// "NTRL" in ASCII: tells a request log from any other SQLite file.
    static let applicationID: Int32 = 0x4E54_524C

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 requests") { database in
            try database.execute(sql: requests)
        }
        // Names of keys can be given again; what a key used must not be mixed with what another one did.
        migrator.registerMigration("2 key ids") { database in
            try database.execute(sql: "ALTER TABLE request ADD COLUMN key_id TEXT")
        }
        return migrator
    }

    /// `row_id` orders rows by the end of their requests. The time index serves the newest rows and retention, the
    /// second one usage by key, the third one the search for the id that a client quotes.
    private static let requests = """
        CREATE TABLE request (
            row_id            INTEGER PRIMARY KEY,
            request_id        TEXT    NOT NULL,
            received_at_ms    INTEGER NOT NULL,
            key_label         TEXT,
            endpoint          TEXT    NOT NULL,
            model             TEXT,
            status            INTEGER NOT NULL,
            finish_reason     TEXT,
            prompt_tokens     INTEGER NOT NULL,
            cached_tokens     INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL,
            queue_ms          REAL,
            ttft_ms           REAL,
            total_ms          REAL    NOT NULL,
            streamed          INTEGER NOT NULL,
            client_cancelled  INTEGER NOT NULL,
            error_code        TEXT
        ) STRICT;
        CREATE INDEX request_on_received_at ON request (received_at_ms);
        CREATE INDEX request_on_key_and_received_at ON request (key_label, received_at_ms);
        CREATE INDEX request_on_request_id ON request (request_id);
        """
}

extension RequestRecord {
    static let columns = """
        request_id, received_at_ms, key_label, endpoint, model, status, finish_reason, prompt_tokens, cached_tokens, \
        completion_tokens, queue_ms, ttft_ms, total_ms, streamed, client_cancelled, error_code, \(keyID)
        """

    /// The column that logs of older versions lack.
    static let keyID = "key_id"

    static let insertion = """
        INSERT INTO request (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// The values of `columns`, in their order.
    var arguments: StatementArguments {
        [
            id, receivedUnixMilliseconds, keyLabel, endpoint, model, status, finishReason, promptTokens, cachedTokens,
            completionTokens, queueMilliseconds, timeToFirstTokenMilliseconds, totalMilliseconds, isStreamed,
            isClientCancelled, errorCode, keyID,
        ]
    }

    init(row: Row) {
        self.init(
            id: row["request_id"],
            receivedUnixMilliseconds: row["received_at_ms"],
            keyID: row["key_id"],
            keyLabel: row["key_label"],
            endpoint: row["endpoint"],
            model: row["model"],
            status: row["status"],
            finishReason: row["finish_reason"],
            promptTokens: row["prompt_tokens"],
            cachedTokens: row["cached_tokens"],
            completionTokens: row["completion_tokens"],
            queueMilliseconds: row["queue_ms"],
            timeToFirstTokenMilliseconds: row["ttft_ms"],
            totalMilliseconds: row["total_ms"],
            isStreamed: row["streamed"],
            isClientCancelled: row["client_cancelled"],
            errorCode: row["error_code"])
    }
}
