import HTTPServer

/// An endpoint that computes something of texts: one body in, one body out.
protocol TextTaskHandler: ModelHandler {
    /// - Parameter bytes: The request's body.
    /// - Returns: The reply's.
    /// - Throws: As ``ModelHandler`` does.
    @concurrent
    func reply(
        to bytes: [UInt8], receivedAt: ContinuousClock.Instant, _ account: RequestAccount
    ) async throws -> [UInt8]
}

extension TextTaskHandler {
    func respond(to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter)
        async throws
    {
        let body = try await reply(to: request.body, receivedAt: request.receivedAt, account)
        try await writer.send(.json(body))
    }
}
