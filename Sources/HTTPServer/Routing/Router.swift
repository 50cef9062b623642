public import HTTPTypes

/// The table of routes.
///
/// Literal paths win over patterns, and patterns are tried in the order they were added. `HEAD` is served by a path's
/// `GET`, and `OPTIONS` by the server, unless a route of their own says otherwise.
public struct Router: Sendable {
    struct Resource: Sendable {
        let pattern: PathPattern
        var routes: [Route]

        /// The methods for an `Allow` field, in a fixed order.
        var allow: String {
            var methods = routes.map(\.method.rawValue)
            if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
            if !methods.contains("OPTIONS") { methods.append("OPTIONS") }
            return methods.sorted().joined(separator: ", ")
        }
    }

    enum Match {
        case route(Route, PathParameters)
        /// `OPTIONS` for a path without such a route.
        case options(allow: String)
        case methodNotAllowed(allow: String)
        case notFound
    }

    private var literals: [String: Resource] = [:]
    private var patterns: [Resource] = []

    public init() {}

    /// Adds a route whose handler runs in a task of its own.
    ///
    /// - Parameter pattern: A path such as `/v1/models/{id}`; `{id}` stands for one segment, `{id...}` at the end for
    ///   all that is left. Matching sees the path with unreserved characters decoded; parameters are decoded wholly.
    /// - Precondition: No route has the same method and pattern.
    public mutating func add(
        _ method: HTTPRequest.Method, _ pattern: String, attributes: RouteAttributes = RouteAttributes(),
        handler: @escaping HTTPHandler
    ) {
        add(Route(method: method, pattern: pattern, attributes: attributes, action: .handler(handler)))
    }

    /// Adds a route that is answered on the event loop itself, without a task.
    ///
    /// Only for work of microseconds that never waits, such as health checks and metrics: every connection of the loop
    /// stands still meanwhile. In return the answer does not depend on free threads.
    public mutating func addInline(
        _ method: HTTPRequest.Method, _ pattern: String, attributes: RouteAttributes = RouteAttributes(),
        handler: @escaping InlineHandler
    ) {
        add(Route(method: method, pattern: pattern, attributes: attributes, action: .inline(handler)))
    }

    /// All routes, literal paths in no particular order.
    public var routes: [Route] {
        literals.values.flatMap(\.routes) + patterns.flatMap(\.routes)
    }

    private mutating func add(_ route: Route) {
        let pattern = PathPattern(route.pattern)
        if pattern.isLiteral {
            literals[route.pattern, default: Resource(pattern: pattern, routes: [])].insert(route)
        } else if let index = patterns.firstIndex(where: { $0.pattern.hasSameShape(as: pattern) }) {
            precondition(patterns[index].pattern == pattern, "\(route.pattern) names a parameter differently")
            patterns[index].insert(route)
        } else {
            patterns.append(Resource(pattern: pattern, routes: [route]))
        }
    }

    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        if let resource = literals[path] { return resource.match(method, PathParameters()) }
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for resource in patterns {
            if let parameters = resource.pattern.match(segments) { return resource.match(method, parameters) }
        }
        return .notFound
    }
}

extension Router.Resource {
    fileprivate mutating func insert(_ route: Route) {
        precondition(
            !routes.contains { $0.method == route.method }, "\(route.method) \(route.pattern) is there already")
        routes.append(route)
    }

    fileprivate func match(_ method: HTTPRequest.Method, _ parameters: PathParameters) -> Router.Match {
        if let route = routes.first(where: { $0.method == method }) { return .route(route, parameters) }
        if method == .head, let route = routes.first(where: { $0.method == .get }) { return .route(route, parameters) }
        return method == .options ? .options(allow: allow) : .methodNotAllowed(allow: allow)
    }
}
