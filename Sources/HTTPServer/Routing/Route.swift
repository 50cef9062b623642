public import HTTPTypes

/// What the server knows about a route before its handler runs.
public struct RouteAttributes: Sendable {
    /// A short name for metrics and logs, such as `chat.completions`; the pattern stands in when it is nil.
    public var name: String?
    /// Largest request body in bytes; nil means the server's limit.
    public var maximumBodyBytes: Int?
    /// Media types the body may have, without parameters, in lower case; empty means any, and none is needed.
    ///
    /// A route with content types needs a body: a request that announces none gets 411, another type 415. Since a
    /// web page cannot send `application/json` across origins unasked, this also keeps forged requests out.
    public var contentTypes: [String]
    /// Whether the route is served without credentials. Only a mark: the server's admission hook reads it.
    public var isPublic: Bool
    /// Anything else that hooks and handlers want to know of the route.
    public var userInfo: (any Sendable)?

    public init(
        name: String? = nil, maximumBodyBytes: Int? = nil, contentTypes: [String] = [], isPublic: Bool = false,
        userInfo: (any Sendable)? = nil
    ) {
        self.name = name
        self.maximumBodyBytes = maximumBodyBytes
        self.contentTypes = contentTypes
        self.isPublic = isPublic
        self.userInfo = userInfo
    }

    /// Takes a JSON body.
    public static func json(
        name: String? = nil, maximumBodyBytes: Int? = nil, isPublic: Bool = false, userInfo: (any Sendable)? = nil
    ) -> RouteAttributes {
        RouteAttributes(
            name: name, maximumBodyBytes: maximumBodyBytes, contentTypes: ["application/json"], isPublic: isPublic,
            userInfo: userInfo)
    }
}

/// A method and a path pattern with the handler behind them.
public final class Route: Sendable {
    enum Action: Sendable {
        case handler(HTTPHandler)
        case inline(InlineHandler)
    }

    public let method: HTTPRequest.Method
    /// The pattern as it was added, such as `/v1/models/{id}`.
    public let pattern: String
    public let attributes: RouteAttributes
    let action: Action

    /// The name for metrics and logs.
    public var name: String { attributes.name ?? pattern }

    init(method: HTTPRequest.Method, pattern: String, attributes: RouteAttributes, action: Action) {
        self.method = method
        self.pattern = pattern
        self.attributes = attributes
        self.action = action
    }
}

/// The values that a path gave for its pattern's parameters.
public struct PathParameters: Sendable, Hashable {
    private var values: [(name: String, value: String)] = []

    /// The percent-decoded value of a parameter, or nil if the pattern has none of that name.
    public subscript(name: String) -> String? {
        values.first { $0.name == name }?.value
    }

    public var count: Int { values.count }

    mutating func append(_ value: String, for name: String) {
        values.append((name, value))
    }

    public static func == (left: PathParameters, right: PathParameters) -> Bool {
        left.values.elementsEqual(right.values, by: ==)
    }

    public func hash(into hasher: inout Hasher) {
        for (name, value) in values {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}
