/// What is kept of one request: who asked what of which model, how it ended and how long it took.
///
/// There is no field for prompt or completion text, by design: the log answers questions of usage, cost and
/// latency, and a copy of it must be safe to hand to somebody else.
public struct RequestRecord: Sendable, Equatable {
    /// The value of the `x-request-id` response header. Clients may choose it, so it is not unique.
    public var id: String
    /// Wall-clock time at which the request head was complete, in milliseconds since 1970-01-01T00:00:00Z.
    public var receivedUnixMilliseconds: Int64
    /// The id of the API key, which never stands for another one; `nil` without authentication.
    public var keyID: String?
    /// The name that the API key had then, never the key; `nil` without authentication.
    public var keyLabel: String?
    /// The route that answered, such as `/v1/chat/completions`.
    public var endpoint: String
    /// The model that the client named; `nil` if the request did not get that far.
    public var model: String?
    /// The HTTP status sent.
    public var status: Int
    /// `stop`, or `length` if any choice was cut; `abort` if the client went, `error` if the request failed; `nil` if it
    /// was none for a model.
    public var finishReason: String?
    /// Tokens of the prompt, the cached ones included.
    public var promptTokens: Int
    /// Prompt tokens that came out of the prefix cache and were not computed again.
    public var cachedTokens: Int
    /// Tokens generated, over all choices.
    public var completionTokens: Int
    /// Time from submission to the first scheduled step; `nil` if it never left the queue.
    public var queueMilliseconds: Double?
    /// Time from `receivedUnixMilliseconds` to the first generated token; `nil` if there was none.
    public var timeToFirstTokenMilliseconds: Double?
    /// Time from `receivedUnixMilliseconds` to the last byte handed to the connection.
    public var totalMilliseconds: Double
    /// Whether the answer was sent as server-sent events.
    public var isStreamed: Bool
    /// Whether the client went away before the answer was complete.
    public var isClientCancelled: Bool
    /// The `code` of the error body, if the answer was one.
    public var errorCode: String?

    public init(
        id: String,
        receivedUnixMilliseconds: Int64,
        keyID: String? = nil,
        keyLabel: String? = nil,
        endpoint: String,
        model: String? = nil,
        status: Int,
        finishReason: String? = nil,
        promptTokens: Int = 0,
        cachedTokens: Int = 0,
        completionTokens: Int = 0,
        queueMilliseconds: Double? = nil,
        timeToFirstTokenMilliseconds: Double? = nil,
        totalMilliseconds: Double,
        isStreamed: Bool = false,
        isClientCancelled: Bool = false,
        errorCode: String? = nil
    ) {
        self.id = id
        self.receivedUnixMilliseconds = receivedUnixMilliseconds
        self.keyID = keyID
        self.keyLabel = keyLabel
        self.endpoint = endpoint
        self.model = model
        self.status = status
        self.finishReason = finishReason
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.completionTokens = completionTokens
        self.queueMilliseconds = queueMilliseconds
        self.timeToFirstTokenMilliseconds = timeToFirstTokenMilliseconds
        self.totalMilliseconds = totalMilliseconds
        self.isStreamed = isStreamed
        self.isClientCancelled = isClientCancelled
        self.errorCode = errorCode
    }
}

extension RequestRecord {
    /// The longest text kept in one field, in bytes of UTF-8.
    static let maximumTextBytes = 256

    /// The same record with every field in a range that the table accepts.
    ///
    /// Some fields (`id`, `model`) are the client's own text and bounded only by the body limit: without a cap
    /// here, ten thousand waiting rows could hold gigabytes. SQLite stores NaN as NULL, which a NOT NULL column
    /// refuses, and one refused row would take its whole batch with it.
    func bounded() -> RequestRecord {
        var record = self
        record.id = Self.bounded(id)
        record.keyID = keyID.map(Self.bounded)
        record.keyLabel = keyLabel.map(Self.bounded)
        record.endpoint = Self.bounded(endpoint)
        record.model = model.map(Self.bounded)
        record.finishReason = finishReason.map(Self.bounded)
        record.errorCode = errorCode.map(Self.bounded)
        record.queueMilliseconds = queueMilliseconds.flatMap { $0.isFinite ? $0 : nil }
        record.timeToFirstTokenMilliseconds = timeToFirstTokenMilliseconds.flatMap { $0.isFinite ? $0 : nil }
        record.totalMilliseconds = totalMilliseconds.isFinite ? totalMilliseconds : 0
        return record
    }

    /// The longest prefix of whole Unicode scalars that fits: the scalar view rounds an index inside of a
    /// scalar down to its start.
    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > maximumTextBytes else { return text }
        let limit = text.utf8.index(text.startIndex, offsetBy: maximumTextBytes)
        return String(text.unicodeScalars[..<limit])
    }
}
