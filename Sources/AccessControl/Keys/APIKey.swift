/// What a key opens. No scope includes another.
public enum KeyScope: String, CaseIterable, Hashable, Sendable {
    /// Everything that works with a model.
    case infer
    /// The metrics.
    case metrics
    /// Everything else, now and later: routes that name no scope need this one.
    case admin
}

/// How much a key may ask for; nil is no limit.
public struct KeyLimits: Hashable, Sendable {
    /// Requests in a minute.
    public var requestsPerMinute: Int?
    /// Tokens of prompts and replies in a minute.
    public var tokensPerMinute: Int?
    /// Requests at the same time.
    public var concurrentRequests: Int?

    /// What each limit may be.
    public static let range = 1...1_000_000_000

    public init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, concurrentRequests: Int? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.concurrentRequests = concurrentRequests
    }

    public var isEmpty: Bool { self == KeyLimits() }
}

/// All that is known of a key, which does not include the key.
public struct APIKey: Hashable, Sendable {
    /// Unique and never used again; what logs and the prefix cache know the key by.
    public var id: String
    /// What people call it; only one key in use has it.
    public var name: String
    public var digest: KeyDigest
    /// The key's first characters.
    public var prefix: String
    public var scopes: Set<KeyScope>
    public var created: Timestamp
    /// From when on the key is refused.
    public var expires: Timestamp?
    /// When the key was taken back.
    public var revoked: Timestamp?
    public var limits: KeyLimits

    public enum State: String, Sendable {
        case active
        case expired
        case revoked
    }

    public func state(at now: Timestamp) -> State {
        if revoked != nil { return .revoked }
        if let expires, now >= expires { return .expired }
        return .active
    }

    /// Whether a text can be a name: it ends up in logs and in tables on terminals.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "._-@:".utf8.contains(byte)
                }
            }
    }
}
