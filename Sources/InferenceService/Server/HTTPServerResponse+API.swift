public import HTTPServer
import HTTPTypes
public import OpenAIAPI

extension HTTPServerResponse {
    static func json(_ body: [UInt8], status: HTTPResponse.Status = .ok) -> HTTPServerResponse {
        HTTPServerResponse(status: status, contentType: "application/json", body: body)
    }
}

extension APIError: HTTPResponseError {
    public var response: HTTPServerResponse {
        var response = HTTPServerResponse.json(body, status: HTTPResponse.Status(integerLiteral: status))
        if let retryAfter {
            // Whole seconds for everybody, milliseconds for the official SDKs, which look for them first.
            response.headers[.retryAfter] = String(max(1, Int(retryAfter.seconds.rounded(.up))))
            response.headers[.retryAfterMilliseconds] = String(Int((retryAfter.seconds * 1000).rounded(.up)))
        }
        // RFC 9110 11.6.1: a 401 says what is wanted.
        if status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        if !allowedMethods.isEmpty { response.headers[.allow] = allowedMethods.joined(separator: ", ") }
        if let shouldRetry, let name = HTTPField.Name("x-should-retry") {
            response.headers[name] = shouldRetry ? "true" : "false"
        }
        return response
    }
}

extension APIError {
    /// The error for a status that the HTTP server itself answers, with its words.
    init(status: HTTPResponse.Status, message: String) {
        switch status.code {
        case 403: self = .permissionDenied(message)
        case 404:
            self.init(status: 404, type: "invalid_request_error", code: "unknown_url", message: message)
        case 408: self = .requestTimeout(message)
        case 415: self = .unsupportedMediaType(message)
        case 503:
            self.init(status: 503, type: "server_error", code: "overloaded", message: message, retryAfter: .seconds(1))
        case 400..<500:
            self.init(
                status: status.code, type: "invalid_request_error", code: Self.codes[status.code], message: message)
        default:
            self.init(status: status.code, type: "server_error", code: Self.codes[status.code], message: message)
        }
    }

    private static let codes = [
        400: "bad_request", 405: "method_not_allowed", 411: "length_required", 413: "payload_too_large",
        414: "uri_too_long", 417: "expectation_failed", 431: "request_header_fields_too_large",
        500: "internal_error", 501: "not_implemented", 505: "http_version_not_supported",
    ]
}

extension HTTPFields {
    /// What OpenAI says in every response, and SDKs show in their logs.
    ///
    /// - Parameter processingTime: up to the head of the response; a stream's body comes later.
    init(processingTime: Duration) {
        self = [
            .openAIProcessing: String(processingTime.wholeMilliseconds), .openAIVersion: "2020-10-01",
        ]
    }
}

extension HTTPField.Name {
    fileprivate static let retryAfterMilliseconds = HTTPField.Name("retry-after-ms")!
    fileprivate static let openAIProcessing = HTTPField.Name("openai-processing-ms")!
    /// The version of OpenAI's API: there has been one.
    fileprivate static let openAIVersion = HTTPField.Name("openai-version")!
}
