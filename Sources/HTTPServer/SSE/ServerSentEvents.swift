public import HTTPTypes

/// A response body of server-sent events (`text/event-stream`).
///
/// ```swift
/// let events = try await ServerSentEvents(starting: writer)
/// try await events.send(data: chunk)
/// try await events.sendDone()
/// try await events.finish()
/// ```
public struct ServerSentEvents: Sendable {
    private let body: ResponseBodyWriter

    /// Fields that keep proxies from holding events back or storing them.
    public static let headers: HTTPFields = [
        .contentType: "text/event-stream; charset=utf-8",
        .cacheControl: "no-cache",
        .xAccelBuffering: "no",
    ]

    /// A comment, which clients ignore.
    private static let comment = Array(":\n\n".utf8)

    /// Sends the head, with `additional` fields beside those of an event stream.
    ///
    /// - Parameter keepAlive: The longest silence, after which the server sends a comment by itself. It keeps proxies
    ///   from giving up on the stream, and shows whether the client is still there. Nil sends none.
    public init(
        starting writer: consuming ResponseWriter, status: HTTPResponse.Status = .ok, additional: HTTPFields = [:],
        keepAlive: Duration? = nil
    ) async throws {
        body = try await writer.startStream(
            status: status, headers: Self.headers + additional,
            heartbeat: keepAlive.map { Heartbeat(interval: $0, bytes: Self.comment) })
    }

    /// Sends one event.
    ///
    /// - Parameters:
    ///   - data: UTF-8 text. Each of its lines becomes a `data` line, so the client gets the text as it is; JSON
    ///     without line breaks is the common case and costs one copy.
    ///   - event: The event's name, without line breaks; nil for the default.
    public func send(data: [UInt8], event: String? = nil) async throws {
        try await body.write(Self.encode(data: data, event: event))
    }

    /// Sends one event.
    public func send(data: String, event: String? = nil) async throws {
        try await send(data: Array(data.utf8), event: event)
    }

    /// Sends `data: [DONE]`, by which OpenAI's streams end.
    public func sendDone() async throws {
        try await body.write(Array("data: [DONE]\n\n".utf8))
    }

    /// Ends the stream.
    public func finish() async throws {
        try await body.finish()
    }

    /// One event as it stands on the wire.
    public static func encode(data: [UInt8], event: String? = nil) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(data.count + 16)
        if let event {
            precondition(!event.utf8.contains { $0 == .carriageReturn || $0 == .lineFeed }, "an event name is one line")
            encoded.append(contentsOf: "event: \(event)\n".utf8)
        }
        for line in lines(of: data) {
            encoded.append(contentsOf: "data: ".utf8)
            encoded.append(contentsOf: line)
            encoded.append(.lineFeed)
        }
        encoded.append(.lineFeed)
        return encoded
    }

    /// Lines end with CR, LF or CRLF in this format; a bare one inside the data would end its line early.
    private static func lines(of data: [UInt8]) -> [ArraySlice<UInt8>] {
        guard data.contains(where: { $0 == .carriageReturn || $0 == .lineFeed }) else { return [data[...]] }
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index < data.count {
            if data[index] == .carriageReturn || data[index] == .lineFeed {
                lines.append(data[start..<index])
                if data[index] == .carriageReturn, index + 1 < data.count, data[index + 1] == .lineFeed { index += 1 }
                start = index + 1
            }
            index += 1
        }
        lines.append(data[start...])
        return lines
    }
}

extension HTTPField.Name {
    static let xAccelBuffering = HTTPField.Name("X-Accel-Buffering")!
}

extension HTTPFields {
    fileprivate static func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
        var fields = left
        for field in right { fields.append(field) }
        return fields
    }
}
