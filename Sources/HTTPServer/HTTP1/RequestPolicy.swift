import HTTPTypes

/// Decides from the head alone whether a request is served.
struct RequestPolicy {
    let context: ServerContext

    func plan(
        _ head: RequestHead, id: String, remoteAddress: SocketAddress, receivedAt: ContinuousClock.Instant
    ) -> Exchange.Plan {
        if let allowed = context.configuration.allowedHosts, let host = head.authority?.host, !allowed.contains(host) {
            return .refusal(context.errorResponse(.forbidden, "the server does not answer for this host name"), nil)
        }
        if head.target.isAsterisk {
            return .refusal(optionsResponse(allow: "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"), nil)
        }
        switch context.router.match(head.method, head.target.path) {
        case .notFound:
            let what = "there is nothing at \(head.method) \(head.target.path)"
            return .refusal(context.errorResponse(.notFound, what), nil)
        case .options(let allow):
            var response = optionsResponse(allow: allow)
            if let preflight = context.configuration.crossOrigin?.preflightFields(for: head.fields, allow: allow) {
                response.headers.append(contentsOf: preflight)
            }
            return .refusal(response, nil)
        case .methodNotAllowed(let allow):
            var response = context.errorResponse(
                .methodNotAllowed, "\(head.method) is not allowed for \(head.target.path), only \(allow)")
            response.headers[.allow] = allow
            return .refusal(response, nil)
        case .route(let route, let parameters):
            let request = HTTPServerRequest(
                id: id, head: head.request, path: head.target.path, query: head.target.query, route: route,
                parameters: parameters, body: [], admission: nil, remoteAddress: remoteAddress, receivedAt: receivedAt)
            return admit(request, head)
        }
    }

    private func admit(_ request: HTTPServerRequest, _ head: RequestHead) -> Exchange.Plan {
        var request = request
        switch context.configuration.admit(request) {
        case .refuse(let response, let context):
            request.admission = context
            return .refusal(response, request)
        case .accept(let context, let isKnownClient, let responseFields):
            request.admission = context
            request.isFromKnownClient = isKnownClient
            request.responseFields = responseFields
        }
        if let (status, message) = objection(to: head, route: request.route) {
            return .refusal(context.errorResponse(status, message), request)
        }
        let limit = request.route.attributes.maximumBodyBytes ?? context.limits.bodyBytes
        if case .length(let length) = head.framing, length > limit {
            return .refusal(
                context.errorResponse(.contentTooLarge, "the request body is larger than \(limit) bytes"), request)
        }
        return .route(request)
    }

    /// What a route does not take.
    private func objection(to head: RequestHead, route: Route) -> (HTTPResponse.Status, String)? {
        if head.expectation == .unknown {
            return (.expectationFailed, "the only expectation known here is 100-continue")
        }
        if let coding = head.fields[.contentEncoding], coding.lowercased() != "identity" {
            return (.unsupportedMediaType, "request bodies must not be encoded")
        }
        let types = route.attributes.contentTypes
        guard !types.isEmpty else { return nil }
        if head.framing == .absent { return (.lengthRequired, "the request needs a body and its Content-Length") }
        let type = head.fields[.contentType].map(Self.mediaType)
        guard let type, types.contains(type) else {
            return (.unsupportedMediaType, "the Content-Type must be \(types.joined(separator: " or "))")
        }
        return nil
    }

    /// The media type of a `Content-Type` value: without parameters, in lower case.
    private static func mediaType(_ value: String) -> String {
        let type = value.utf8.prefix { $0 != UInt8(ascii: ";") }
        let isSpace: (UInt8) -> Bool = { $0.isOptionalWhitespace }
        let end = type.lastIndex { !isSpace($0) }.map { type.index(after: $0) } ?? type.startIndex
        return String(Substring(type[..<end].drop(while: isSpace))).lowercased()
    }

    private func optionsResponse(allow: String) -> HTTPServerResponse {
        HTTPServerResponse(status: .noContent, headers: [.allow: allow])
    }
}
