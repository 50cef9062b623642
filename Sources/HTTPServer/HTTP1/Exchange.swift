import HTTPTypes

/// One request and its response, while the connection works on them.
struct Exchange {
    enum Response {
        /// Nothing has been sent but perhaps interim responses.
        case pending
        case streaming(ResponseFraming)
    }

    /// Who answers once the request is whole.
    enum Plan {
        case route(HTTPServerRequest)
        /// The head alone settled it.
        case refusal(HTTPServerResponse, HTTPServerRequest?)
    }

    let serial: UInt64
    /// Nil if the head was not even readable.
    let plan: Plan?
    let head: RequestHead?
    let id: String
    let receivedAt: ContinuousClock.Instant
    var response = Response.pending
    /// Whether the whole request has been received.
    var isReceived = false
    var keepAlive: Bool
    var status: HTTPResponse.Status?
    var requestBodyBytes = 0
    /// What the body takes up of the server's memory, until a handler has it.
    var reservation: BodyReservation?
    var responseBodyBytes = 0
    /// What a streamed body says when it is silent, and since when it is.
    var heartbeat: Heartbeat?
    var quietSince: ContinuousClock.Instant
    var task: Task<Void, Never>?
    var handlerError: (any Error)?

    /// The request as far as its head tells; nil if no route matched.
    private var request: HTTPServerRequest? {
        switch plan {
        case .route(let request): request
        case .refusal(_, let request): request
        case nil: nil
        }
    }

    var nextHeartbeat: ContinuousClock.Instant? {
        guard case .streaming = response, let heartbeat else { return nil }
        return quietSince + heartbeat.interval
    }

    var route: Route? { request?.route }
    var admission: (any Sendable)? { request?.admission }
    var responseFields: HTTPFields? { request?.responseFields?() }
    var isFromKnownClient: Bool { request?.isFromKnownClient == true }
    var isHead: Bool { head?.method == .head }
    var version: HTTPVersion { head?.version ?? .http11 }
}
