import AccessControl
import HTTPServer

/// What a route asks of those who use it; found in its attributes.
struct RouteAccess: Sendable {
    /// The scope that a key must have.
    var scope: KeyScope
    /// Whether machines poll it: such requests are counted in the metrics, but they take nothing of a key's limits and
    /// are not worth a row in the request log each time.
    var isPolled = false
}

extension RouteAttributes {
    /// A model's endpoint that takes JSON.
    static func inference(name: String) -> RouteAttributes {
        .json(name: name, userInfo: RouteAccess(scope: .infer))
    }

    /// A model's endpoint that takes nothing.
    static let inference = RouteAttributes(userInfo: RouteAccess(scope: .infer))

    /// For probes, which have no key.
    static let health = RouteAttributes(isPublic: true, userInfo: RouteAccess(scope: .infer, isPolled: true))

    static func metrics(isPublic: Bool) -> RouteAttributes {
        RouteAttributes(isPublic: isPublic, userInfo: RouteAccess(scope: .metrics, isPolled: true))
    }
}

extension Route {
    /// Routes that say nothing are for administrators: what somebody forgets to mark is closed, not open.
    var access: RouteAccess { attributes.userInfo as? RouteAccess ?? RouteAccess(scope: .admin) }
}
