import AccessControl
import Engine
import HTTPServer
import HTTPTypes
import OpenAIAPI
import Telemetry

/// Decides from a request's head who sends it and whether it may come.
///
/// The route that matched decides what is needed, never the path as it was written. It runs on the event loop, before any
/// of the body is taken: a digest, a comparison with every key, no waiting.
struct AccessGate: Sendable {
    /// Nil if there are no keys: then everybody may do everything.
    let keys: KeyRing?
    let metrics: ServerMetrics
    private let clientNames = ClientNames()

    init(keys: KeyRing?, metrics: ServerMetrics) {
        self.keys = keys
        self.metrics = metrics
    }

    /// Who sends the request.
    ///
    /// - Throws: `AccessRefusal` with the answer, if it may not be served.
    func caller(of request: HTTPServerRequest) throws(AccessRefusal) -> Caller {
        let secret = Credential.secret(in: request.head.headerFields)
        guard let keys else {
            // What clients present is not checked, but those who present different tokens are taken for different people.
            let tenant = secret.map { Tenant(id: clientNames.name(for: $0)) } ?? .anonymous
            return Caller(principal: nil, tenant: tenant, allowance: nil)
        }
        if request.route.attributes.isPublic { return .anonymous }
        guard let secret else { throw refusal(.missing) }
        switch keys.verify(secret, at: Timestamp(unixSeconds: UnixTime.now)) {
        case .unknown: throw refusal(.unknown)
        case .lapsed(let key, let state): throw refusal(state == .revoked ? .revoked : .expired, key)
        case .accepted(let key, let usage): return try caller(key, usage, request.route.access)
        }
    }

    private func caller(
        _ key: APIKey, _ usage: KeyUsage, _ access: RouteAccess
    ) throws(AccessRefusal) -> Caller {
        guard key.scopes.contains(access.scope) else { throw refusal(.scope(access.scope), key) }
        var caller = Caller(principal: Principal(key), tenant: Tenant(id: key.id), allowance: nil)
        if access.isPolled { return caller }
        do throws(LimitReached) {
            caller.allowance = try Allowance(usage, metrics: metrics)
        } catch {
            metrics.countRateLimit(error.kind.rawValue)
            throw AccessRefusal(
                error: APIError(error), principal: caller.principal, fields: HTTPFields(usage.standing(at: .now)))
        }
        return caller
    }

    private enum Fault {
        case missing
        case unknown
        case expired
        case revoked
        case scope(KeyScope)
    }

    private func refusal(_ fault: Fault, _ key: APIKey? = nil) -> AccessRefusal {
        let (reason, error): (String, APIError) =
            switch fault {
            case .missing: ("missing", .invalidAPIKey(isMissing: true))
            case .unknown: ("unknown", .invalidAPIKey(isMissing: false))
            // Told only to those who hold the key.
            case .expired: ("expired", .lapsedAPIKey("This API key has expired."))
            case .revoked: ("revoked", .lapsedAPIKey("This API key has been revoked."))
            case .scope(let scope):
                ("scope", .permissionDenied("This API key has no permission for this: it lacks the scope '\(scope)'."))
            }
        metrics.countAuthFailure(reason)
        return AccessRefusal(error: error, principal: key.map(Principal.init), fields: [:])
    }
}

/// The answer to a request that may not be served.
struct AccessRefusal: Error {
    var error: APIError
    /// Whose key it carries, if it is a known one.
    var principal: Principal?
    var fields: HTTPFields

    var response: HTTPServerResponse {
        var response = error.response
        response.headers.append(contentsOf: fields)
        return response
    }
}
