public import HTTPTypes

/// A request as handlers see it: checked, routed, with its whole body.
public struct HTTPServerRequest: Sendable {
    /// The value of the response's `x-request-id`: the client's own if it is well-formed, else a new one.
    public let id: String
    /// Method, authority, target and header fields. The target is normalised as ``path`` is.
    public let head: HTTPRequest
    /// The path without the query; percent-encoded unreserved characters are decoded, others left as they came.
    public let path: String
    /// What follows the question mark, still percent-encoded.
    public let query: String?
    /// The route that matched.
    public let route: Route
    public let parameters: PathParameters
    /// The body, already without its chunk framing. Empty while the admission hook looks at the request.
    public internal(set) var body: [UInt8]
    /// What the admission hook found out, such as whose key the request carries.
    public internal(set) var admission: (any Sendable)?
    /// What the admission hook adds to the response.
    var responseFields: (@Sendable () -> HTTPFields)?
    /// Whether the admission hook knows who sends it.
    var isFromKnownClient = false
    public let remoteAddress: SocketAddress
    /// When the head was complete.
    public let receivedAt: ContinuousClock.Instant
}

/// Serves one request; runs as a task of its own, off the event loop.
///
/// It is cancelled when the client goes away. If it returns without a response the client gets 500; if it returns with a
/// body stream open, the stream ends there. If it throws before responding, an ``HTTPResponseError`` is answered as it
/// says and anything else with 500; after that the connection breaks off, so that the client sees the body is cut short.
public typealias HTTPHandler =
    @Sendable @concurrent (_ request: HTTPServerRequest, _ writer: consuming ResponseWriter) async throws -> Void

/// Serves one request on the event loop; see ``Router/addInline(_:_:attributes:handler:)``.
public typealias InlineHandler = @Sendable (_ request: HTTPServerRequest) -> HTTPServerResponse
