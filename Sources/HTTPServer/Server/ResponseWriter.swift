public import HTTPTypes

/// Why a response could not be written.
public enum ResponseWriteError: Error, Hashable, Sendable {
    /// The client has gone, or took nothing for so long that the server gave it up.
    case peerGone
    /// The response has ended already.
    case finished
}

/// The right to answer one request, once: both ways to answer use it up.
public struct ResponseWriter: ~Copyable, Sendable {
    let exchange: ExchangeHandle

    /// Sends a whole response.
    ///
    /// Returns when the response is queued for the socket, not when the client has it.
    public consuming func send(_ response: HTTPServerResponse) async throws {
        try await exchange.loop.send(response, for: exchange)
    }

    /// Sends a whole response.
    public consuming func send(
        status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []
    ) async throws {
        try await exchange.loop.send(HTTPServerResponse(status: status, headers: headers, body: body), for: exchange)
    }

    /// Sends the head of a response whose body follows piece by piece.
    ///
    /// HTTP/1.1 clients get it in chunks; for HTTP/1.0 clients the end of the connection ends it. The body of a
    /// response to `HEAD` is dropped.
    ///
    /// - Parameter heartbeat: What the server writes by itself when the body has been silent for long and nothing of it
    ///   waits to be sent; nil for nothing.
    public consuming func startStream(
        status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], heartbeat: Heartbeat? = nil
    ) async throws -> ResponseBodyWriter {
        try await exchange.loop.startStream(
            status: status, headers: headers, heartbeat: heartbeat, for: exchange)
        return ResponseBodyWriter(exchange: exchange)
    }
}

/// Writes the body of a streamed response.
public struct ResponseBodyWriter: Sendable {
    let exchange: ExchangeHandle

    /// Sends bytes as soon as the socket takes them.
    ///
    /// Waits while the bytes would not fit into ``HTTPLimits/outputBytes`` beside those that are queued, so a slow client
    /// slows its writer and no one else. Bytes of one call stay together, and several writers take turns.
    /// Throws ``ResponseWriteError`` if the client is gone, `CancellationError` if the waiting task is cancelled.
    public func write(_ bytes: [UInt8]) async throws {
        try await exchange.loop.write(bytes, for: exchange)
    }

    /// Ends the body.
    public func finish() async throws {
        try await exchange.loop.finish(exchange)
    }
}

/// Finds one exchange of one connection again, from any task; harmless when it is over.
struct ExchangeHandle: Sendable {
    let loop: EventLoop
    let channel: ChannelID
    let serial: UInt64
}
