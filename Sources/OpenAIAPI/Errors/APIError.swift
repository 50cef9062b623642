import JSON

/// An error as the OpenAI API words it: an HTTP status and a body with the four keys that every client expects.
///
/// Clients branch on `status`, `type` and `code` and show `message`; `param` names the request field at fault.
/// A client's own mistake is always a 4xx: the official SDKs repeat requests that end in a 5xx.
public struct APIError: Error, Hashable, Sendable {
    /// HTTP status code.
    public var status: Int
    /// The broad class, such as `invalid_request_error`.
    public var type: String
    /// The exact reason in machine form, such as `context_length_exceeded`.
    public var code: String?
    /// The field at fault, as a path: `temperature`, `messages[0].content`, `stop[2]`.
    public var param: String?
    /// One or two sentences for a human.
    public var message: String
    /// When to try again, for the headers `Retry-After` and `retry-after-ms`.
    public var retryAfter: Duration?
    /// Whether no later attempt can succeed although the status says so.
    public var isFinal = false
    /// The value of `Allow` for a wrong method.
    public var allowedMethods: [String]

    public init(
        status: Int,
        type: String,
        code: String? = nil,
        param: String? = nil,
        message: String,
        retryAfter: Duration? = nil,
        allowedMethods: [String] = []
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.message = message
        self.retryAfter = retryAfter
        self.allowedMethods = allowedMethods
    }

    /// Whether the same request may succeed later; the value for the `x-should-retry` header where the status
    /// alone would mislead an SDK (which repeats every 5xx).
    public var shouldRetry: Bool? { status == 501 || isFinal ? false : nil }

    /// The reply body, `{"error": {...}}`. The same bytes are the payload of an error event inside a stream.
    public var body: [UInt8] {
        var writer = JSONWriter()
        writer.write(raw: "{\"error\":{\"message\":")
        writer.write(message)
        writer.write(raw: ",\"type\":")
        writer.write(type)
        writer.write(raw: ",\"param\":")
        writer.write(optional: param)
        writer.write(raw: ",\"code\":")
        writer.write(optional: code)
        writer.write(raw: "}}")
        return writer.bytes
    }
}

extension APIError: CustomStringConvertible {
    public var description: String { "\(status) \(code ?? type): \(message)" }
}
