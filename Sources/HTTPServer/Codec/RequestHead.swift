import HTTPTypes

/// The versions of HTTP/1 the server speaks.
enum HTTPVersion: Hashable, Sendable {
    case http10
    case http11
}

/// How the length of a request body is known (RFC 9112 6.3).
enum BodyFraming: Hashable, Sendable {
    /// Neither `Content-Length` nor `Transfer-Encoding`: there is no body.
    case absent
    case length(Int)
    case chunked

    var hasBody: Bool {
        switch self {
        case .absent, .length(0): false
        case .length, .chunked: true
        }
    }
}

/// What a request expects of the server (RFC 9110 10.1.1).
enum RequestExpectation: Hashable, Sendable {
    case none
    case continuation
    case unknown
}

/// A request line and its fields, checked as far as they can be without knowing the routes.
struct RequestHead: Hashable, Sendable {
    var method: HTTPRequest.Method
    var target: RequestTarget
    var version: HTTPVersion
    var fields: HTTPFields
    /// The host the request is meant for: from an absolute-form target, else from `Host`; nil only in HTTP/1.0.
    var authority: Authority?
    var framing: BodyFraming
    var expectation: RequestExpectation
    /// Whether the client lets the connection live on.
    var keepAlive: Bool

    /// The same in the currency of HTTPTypes.
    var request: HTTPRequest {
        HTTPRequest(
            method: method, scheme: "http", authority: authority?.text, path: target.pathAndQuery, headerFields: fields)
    }
}

/// The first line of a request.
struct RequestLine {
    var method: HTTPRequest.Method
    var target: RequestTarget
    var version: HTTPVersion

    /// Reads `method SP target SP version`, one space each, no line end (RFC 9112 3).
    init(parsing line: Span<UInt8>) throws(HTTPRejection) {
        guard let firstSpace = line.firstIndex(of: .space),
            let secondSpace = line.firstIndex(of: .space, from: firstSpace + 1),
            line.firstIndex(of: .space, from: secondSpace + 1) == nil
        else { throw .badRequest("the request line is not \"method target version\"") }
        let name = line.extracting(0..<firstSpace)
        guard name.count > 0, name.allSatisfy(\.isTokenCharacter) else {
            throw .badRequest("the method is not a token")
        }
        version = try Self.version(line.extracting((secondSpace + 1)..<line.count))
        method = try Self.method(name)
        target = try RequestTarget.parse(line.extracting((firstSpace + 1)..<secondSpace), method: method)
    }

    /// A higher minor version is served as 1.1 (RFC 9110 2.5); another major version is refused with 505.
    private static func version(_ bytes: Span<UInt8>) throws(HTTPRejection) -> HTTPVersion {
        let isWellFormed =
            bytes.count == 8 && bytes[0] == UInt8(ascii: "H") && bytes[1] == UInt8(ascii: "T")
            && bytes[2] == UInt8(ascii: "T") && bytes[3] == UInt8(ascii: "P") && bytes[4] == UInt8(ascii: "/")
            && bytes[5].isDigit && bytes[6] == UInt8(ascii: ".") && bytes[7].isDigit
        guard isWellFormed else { throw .badRequest("the protocol version is ill-formed") }
        guard bytes[5] == UInt8(ascii: "1") else {
            throw HTTPRejection(status: .httpVersionNotSupported, message: "only HTTP/1.1 and HTTP/1.0 are spoken here")
        }
        return bytes[7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    /// Any token; names are case-sensitive (RFC 9110 9.1).
    ///
    /// Whether there is a route for it is the router's question: a method that nobody here has heard of gets 405 and
    /// `Allow`, or 404, like one that everybody knows. 501 would be a 5xx, after which clients try again.
    private static func method(_ name: Span<UInt8>) throws(HTTPRejection) -> HTTPRequest.Method {
        if name.equals("GET") { return .get }
        if name.equals("POST") { return .post }
        // Its target is a host and a port, which no router can look up (RFC 9110 9.3.6).
        if name.equals("CONNECT") {
            throw HTTPRejection(status: .notImplemented, message: "the server is no proxy")
        }
        guard let method = HTTPRequest.Method(name.text) else { throw .badRequest("the method is not a token") }
        return method
    }
}

extension Span<UInt8> {
    fileprivate func equals(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { expected in
            for index in indices where self[index] != expected[index] { return false }
            return true
        }
    }
}
