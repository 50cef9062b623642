import Glibc
import HTTPTypes

/// The answer to a connection over the limit.
enum ConnectionRefusal {
    /// Writes 503, or 429 if it is the client's own doing, and closes at once: a connection over the limit must not hold anything.
    ///
    /// The socket is new, so its send buffer is empty and takes the few bytes whole. What the client has sent is read,
    /// since closing with unread input would reset the connection and could destroy the answer.
    static func answer(
        _ shared: SharedDescriptor, _ verdict: ConnectionVerdict, context: ServerContext, date: DateField
    ) {
        var response =
            verdict == .clientHasTooMany
            ? context.errorResponse(.tooManyRequests, "there are too many connections from this address")
            : context.errorResponse(.serviceUnavailable, "the server has no room for another connection")
        response.headers[.retryAfter] = "1"
        response.headers.append(contentsOf: context.configuration.responseFields(.zero))
        var output = OutputBuffer()
        ResponseHead(
            status: response.status, fields: response.headers, framing: .length(response.body.count),
            version: .http11, keepAlive: false, requestID: context.requestIDs.next()
        ).write(to: &output, date: date)
        output.append(response.body)
        let descriptor = shared.rawValue
        output.drain { max(0, send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))) }
        shutdown(descriptor, Int32(SHUT_WR))
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            for _ in 0..<16 where recv(descriptor, buffer.baseAddress, buffer.count, 0) <= 0 { return }
        }
    }
}
