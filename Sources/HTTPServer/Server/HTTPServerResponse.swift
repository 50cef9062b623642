public import HTTPTypes

/// A whole response.
///
/// The server adds `Content-Length`, `Date`, `x-request-id`, `X-Content-Type-Options` and, unless given,
/// `Cache-Control: no-store`. Fields about framing and the connection are its own and dropped if given, but
/// `Connection: close` is heeded.
public struct HTTPServerResponse: Sendable, Hashable {
    public var status: HTTPResponse.Status
    public var headers: HTTPFields
    public var body: [UInt8]

    public init(status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response whose body is of the given media type.
    public init(status: HTTPResponse.Status = .ok, contentType: String, body: [UInt8]) {
        self.init(status: status, headers: [.contentType: contentType], body: body)
    }

    /// A plain text response.
    public init(status: HTTPResponse.Status = .ok, text: String) {
        self.init(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}

/// An error that knows how to answer the client.
public protocol HTTPResponseError: Error {
    var response: HTTPServerResponse { get }
}
