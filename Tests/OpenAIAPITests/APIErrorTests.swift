import OpenAIAPI
import Testing

@Suite struct APIErrorTests {
    @Test func aBodyHasAllFourKeys() {
        #expect(
            text(APIError.modelNotFound("x\"y").body)
                == #"{"error":{"message":"The model `x\"y` does not exist or you do not have access to it.","#
                + #""type":"invalid_request_error","param":"model","code":"model_not_found"}}"#)
        #expect(
            text(APIError(status: 500, type: "t", message: "m").body)
                == #"{"error":{"message":"m","type":"t","param":null,"code":null}}"#)
    }

    @Test(arguments: [
        (APIError.invalidJSON("x"), 400, "invalid_request_error", "invalid_json"),
        (.invalidValue(param: "p", "x"), 400, "invalid_request_error", "invalid_value"),
        (.unsupported(param: "p", isParameter: true, "x"), 400, "invalid_request_error", "unsupported_parameter"),
        (
            .contextLengthExceeded(param: "messages", prompt: "messages", contextLength: 8, requestedTokens: 9), 400,
            "invalid_request_error", "context_length_exceeded"
        ),
        (.invalidAPIKey(isMissing: true), 401, "invalid_request_error", "invalid_api_key"),
        (.permissionDenied("x"), 403, "permission_error", "permission_denied"),
        (.modelNotFound("x"), 404, "invalid_request_error", "model_not_found"),
        (.routeNotFound(method: "GET", path: "/x"), 404, "invalid_request_error", "unknown_url"),
        (.methodNotAllowed("GET", path: "/x", allowed: ["POST"]), 405, "invalid_request_error", "method_not_allowed"),
        (.requestTimeout("x"), 408, "timeout_error", "request_timeout"),
        (.payloadTooLarge(limit: 1), 413, "invalid_request_error", "payload_too_large"),
        (.unsupportedMediaType("x"), 415, "invalid_request_error", "unsupported_media_type"),
        (.rateLimited("x", retryAfter: .seconds(2)), 429, "rate_limit_error", "rate_limit_exceeded"),
        (.insufficientQuota("x"), 429, "insufficient_quota", "insufficient_quota"),
        (.overloaded(retryAfter: .seconds(0)), 503, "server_error", "overloaded"),
        (.modelLoading(retryAfter: .seconds(1)), 503, "server_error", "model_loading"),
        (.shuttingDown(retryAfter: .seconds(1)), 503, "server_error", "shutting_down"),
        (.internalError(), 500, "server_error", "internal_error"),
        (.notImplemented("x"), 501, "server_error", "not_implemented"),
    ])
    func theStatusContract(error: APIError, status: Int, type: String, code: String) {
        #expect(error.status == status)
        #expect(error.type == type)
        #expect(error.code == code)
    }

    @Test func theWordsThatClientsLookFor() {
        let error = APIError.contextLengthExceeded(
            param: "messages", prompt: "messages", contextLength: 2048, requestedTokens: 3000)
        #expect(error.message.contains("maximum context length is 2048 tokens"))
        #expect(error.param == "messages")
    }

    @Test func whatHeadersNeed() {
        #expect(APIError.overloaded(retryAfter: .milliseconds(1500)).retryAfter == .milliseconds(1500))
        #expect(
            APIError.methodNotAllowed("PUT", path: "/", allowed: ["GET", "HEAD"]).allowedMethods == ["GET", "HEAD"])
        #expect(APIError.notImplemented("x").shouldRetry == false)
        #expect(APIError.overloaded(retryAfter: .seconds(1)).shouldRetry == nil)
    }

    @Test func whatClientsSentIsQuotedInPart() {
        let long = String(repeating: "é", count: 10_000)
        #expect(APIError.modelNotFound(long).message.utf8.count < 256)
        #expect(APIError.routeNotFound(method: "GET", path: long).message.utf8.count < 400)
    }
}
