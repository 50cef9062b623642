public import HTTPTypes

/// What a server needs to know before it starts.
public struct HTTPServerConfiguration: Sendable {
    public var address: ListenAddress
    /// Connections the kernel keeps waiting to be accepted.
    public var backlog = 1024
    /// Event loops; one serves tens of thousands of requests a second.
    public var eventLoops = 1
    public var limits = HTTPLimits()

    /// Host names, without port and in lower case, that `Host` may give; nil means any.
    ///
    /// A server bound to loopback should set it (``loopbackHosts``): it keeps out web pages whose name was rebound to
    /// this machine. Other names get 403.
    public var allowedHosts: Set<String>?

    /// Whether clients on loopback are capped like others: for tests, which have no other address.
    var capsLoopback = false

    /// Whether connections on which nobody has said who they are may be no more than half of all.
    ///
    /// For servers whose admission hook knows its clients (`isKnownClient`). One stranger too many costs the connection
    /// that has been a stranger for longest: refusing the newest instead would keep out everybody who comes while others
    /// hold their connections open and say nothing.
    public var capsStrangers = false

    /// The names under which a machine calls itself.
    public static let loopbackHosts: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// Which web pages may use the server from a browser; nil means none of another origin.
    public var crossOrigin: CrossOriginPolicy?

    /// Makes the body of every error that the server itself answers.
    public var errorBody: @Sendable (_ status: HTTPResponse.Status, _ message: String) -> ErrorBody = { _, message in
        ErrorBody(contentType: "text/plain; charset=utf-8", bytes: Array(message.utf8) + [0x0A])
    }

    /// What every response says besides its own fields: errors, streams and refused connections as well.
    ///
    /// Asked, on the event loop, when the head of a response is written. It must not block.
    ///
    /// - Parameter elapsed: the time since the end of the request's head.
    public var responseFields: @Sendable (_ elapsed: Duration) -> HTTPFields = { _ in [:] }

    /// Judges a request by its head, on the event loop, before any of its body is taken.
    ///
    /// The place for authentication and for shedding load. It must not block.
    public var admit: @Sendable (_ request: HTTPServerRequest) -> Admission = { _ in .accept() }

    /// Called on the event loop when a request is over, whatever came of it. It must not block.
    public var requestFinished: @Sendable (_ summary: RequestSummary) -> Void = { _ in }

    public init(host: String = "127.0.0.1", port: Int = 0) {
        address = .internet(host: host, port: port)
    }

    public init(unixSocket path: String) {
        address = .unix(path: path)
    }
}

/// The body of an error response.
public struct ErrorBody: Sendable, Hashable {
    public var contentType: String
    public var bytes: [UInt8]

    public init(contentType: String, bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
    }
}

/// The verdict of the admission hook.
public enum Admission: Sendable {
    /// Serve it; the handler finds `context` in ``HTTPServerRequest/admission``.
    ///
    /// With `isKnownClient` its connection counts as a client's from now on, and not as a stranger's
    /// (``HTTPServerConfiguration/capsStrangers``). `responseFields` is asked, on the event loop, when the head of the
    /// response is written, and what it gives is added to whatever the response is, an error or a stream among them.
    case accept(
        context: (any Sendable)? = nil, isKnownClient: Bool = false, responseFields: (@Sendable () -> HTTPFields)? = nil
    )
    /// Answer with this instead; ``RequestSummary/admission`` is `context`.
    case refuse(HTTPServerResponse, context: (any Sendable)? = nil)
}

/// What became of a request.
public struct RequestSummary: Sendable {
    public enum Outcome: Sendable, Hashable {
        /// The response was handed to the socket in full.
        case completed
        /// The client went away, or took nothing for too long, before the response was complete.
        case clientGone
        /// The handler failed after the response had begun, so it was broken off.
        case brokenOff
    }

    public var id: String
    /// Nil if the request line could not be read.
    public var method: HTTPRequest.Method?
    public var path: String?
    /// The route that matched, if one did.
    public var route: Route?
    /// What the admission hook found out; nil if it was not asked.
    public var admission: (any Sendable)?
    public var remoteAddress: SocketAddress
    /// The status sent; nil if the client went away before.
    public var status: HTTPResponse.Status?
    public var requestBodyBytes: Int
    public var responseBodyBytes: Int
    /// From the end of the request's head to the end of the response.
    public var duration: Duration
    public var outcome: Outcome
    /// What the handler threw, if it did and the error was not an ``HTTPResponseError``.
    public var handlerError: (any Error)?
}
