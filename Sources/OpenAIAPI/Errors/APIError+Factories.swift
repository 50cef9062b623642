/// One factory for each row of the status contract, so that a status, its type and its code are decided once.
extension APIError {
    private static func invalidRequest(
        _ status: Int, _ code: String?, param: String? = nil, _ message: String
    ) -> APIError {
        APIError(status: status, type: "invalid_request_error", code: code, param: param, message: message)
    }

    // MARK: The request's own faults

    /// 400: the body is not JSON.
    ///
    /// - Parameter param: the field whose value spoils the text, if it is one field's fault.
    public static func invalidJSON(_ detail: String, param: String? = nil) -> APIError {
        invalidRequest(
            400, "invalid_json", param: param, "We could not parse the JSON body of your request: \(detail).")
    }

    /// 400: a field holds something that it must not hold.
    public static func invalidValue(param: String?, code: String = "invalid_value", _ message: String) -> APIError {
        invalidRequest(400, code, param: param, message)
    }

    /// 400: the field has this meaning in the API, and this server cannot honour it.
    public static func unsupported(param: String, isParameter: Bool, _ message: String) -> APIError {
        invalidRequest(400, isParameter ? "unsupported_parameter" : "unsupported_value", param: param, message)
    }

    /// 400: prompt and reply do not fit. Clients look for the words "maximum context length" and for the code.
    ///
    /// - Parameters:
    ///   - param: the field at fault: `prompt`, or the one that asks for too long a reply.
    ///   - prompt: the field that holds the prompt: `messages` for a chat, `prompt` for a text completion.
    ///   - requestedTokens: tokens of the prompt, together with the reply's if the caller demanded a number.
    public static func contextLengthExceeded(
        param: String, prompt: String, contextLength: Int, requestedTokens: Int
    ) -> APIError {
        invalidRequest(
            400, "context_length_exceeded", param: param,
            "This model's maximum context length is \(contextLength) tokens, but the request needs "
                + "\(requestedTokens) tokens. Shorten the \(prompt) or ask for fewer tokens.")
    }

    /// 400: a text, or a pair of them, is longer than the model takes.
    public static func textTooLong(param: String, limit: Int, tokens: Int) -> APIError {
        invalidRequest(
            400, "context_length_exceeded", param: param,
            "This model's maximum context length is \(limit) tokens, but '\(param)' has \(tokens) tokens. Shorten it, or "
                + "set 'truncate' to have its end cut off.")
    }

    /// 401: no key, or not one of ours. The key is not repeated: replies end up in logs.
    public static func invalidAPIKey(isMissing: Bool) -> APIError {
        invalidRequest(
            401, "invalid_api_key",
            isMissing
                ? "You did not provide an API key. Send it in the header 'Authorization: Bearer YOUR_KEY'."
                : "Incorrect API key provided.")
    }

    /// 401: a key that was one of ours.
    public static func lapsedAPIKey(_ message: String) -> APIError {
        invalidRequest(401, "invalid_api_key", message)
    }

    /// 403: a known key that may not do this.
    public static func permissionDenied(_ message: String) -> APIError {
        APIError(status: 403, type: "permission_error", code: "permission_denied", message: message)
    }

    /// 404: the `model` field names nothing that is served here.
    public static func modelNotFound(_ model: String) -> APIError {
        invalidRequest(
            404, "model_not_found", param: "model",
            "The model `\(model.clipped(to: 128))` does not exist or you do not have access to it.")
    }

    /// 404: no such route.
    public static func routeNotFound(method: String, path: String) -> APIError {
        invalidRequest(404, "unknown_url", "Unknown request URL: \(method) \(path.clipped(to: 256)).")
    }

    /// 405: the route exists under other methods, which go into `Allow`.
    public static func methodNotAllowed(_ method: String, path: String, allowed: [String]) -> APIError {
        var error = invalidRequest(
            405, "method_not_allowed",
            "\(path.clipped(to: 256)) does not answer \(method); use \(allowed.joined(separator: " or ")).")
        error.allowedMethods = allowed
        return error
    }

    /// 408: the request took too long to arrive, or its own deadline passed before the first token.
    public static func requestTimeout(_ message: String) -> APIError {
        APIError(status: 408, type: "timeout_error", code: "request_timeout", message: message)
    }

    /// 413: the body is larger than the server reads.
    public static func payloadTooLarge(limit: Int) -> APIError {
        invalidRequest(413, "payload_too_large", "The request body is larger than the limit of \(limit) bytes.")
    }

    /// 415: not `application/json`, or a content encoding.
    public static func unsupportedMediaType(_ message: String) -> APIError {
        invalidRequest(415, "unsupported_media_type", message)
    }

    // MARK: Load

    /// 429: this caller asks for more than its share.
    public static func rateLimited(_ message: String, retryAfter: Duration) -> APIError {
        APIError(
            status: 429, type: "rate_limit_error", code: "rate_limit_exceeded", message: message, retryAfter: retryAfter
        )
    }

    /// 429: this caller asks in one request for more than its share will ever be.
    public static func rateLimitedForGood(_ message: String) -> APIError {
        var error = APIError(status: 429, type: "rate_limit_error", code: "rate_limit_exceeded", message: message)
        error.isFinal = true
        return error
    }

    /// 429: this caller's quota is used up; a later attempt will not help.
    public static func insufficientQuota(_ message: String) -> APIError {
        APIError(status: 429, type: "insufficient_quota", code: "insufficient_quota", message: message)
    }

    /// 503: the queue is full.
    public static func overloaded(retryAfter: Duration) -> APIError {
        APIError(
            status: 503, type: "server_error", code: "overloaded",
            message: "The server is handling as many requests as it can. Try again shortly.", retryAfter: retryAfter)
    }

    /// 503: the model is still being loaded.
    public static func modelLoading(retryAfter: Duration) -> APIError {
        APIError(
            status: 503, type: "server_error", code: "model_loading", message: "The model is still loading.",
            retryAfter: retryAfter)
    }

    /// 503: the server has been told to stop and takes no new work.
    public static func shuttingDown(retryAfter: Duration) -> APIError {
        APIError(
            status: 503, type: "server_error", code: "shutting_down", message: "The server is shutting down.",
            retryAfter: retryAfter)
    }

    // MARK: The server's own faults

    /// 500: a fault of ours. The message says nothing about the inside; the log does, under the request's id.
    public static func internalError(requestID: String? = nil) -> APIError {
        let reference = requestID.map { " Quote the request id \($0) when you report it." } ?? ""
        return APIError(
            status: 500, type: "server_error", code: "internal_error",
            message: "The server had an error while processing your request.\(reference)")
    }

    /// 501: the loaded model cannot do this task at all.
    public static func notImplemented(param: String? = nil, _ message: String) -> APIError {
        APIError(status: 501, type: "server_error", code: "not_implemented", param: param, message: message)
    }
}
