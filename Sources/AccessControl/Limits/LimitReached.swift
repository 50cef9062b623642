/// A limit of a key is in the way of a request.
public struct LimitReached: Error, Hashable {
    public enum Kind: String, CaseIterable, Sendable {
        case requests
        case tokens
        case concurrentRequests = "concurrent"
    }

    public var kind: Kind
    public var limit: Int
    /// How much the request asked for.
    public var requested: Int
    /// How long until it could be had; nil if only others' end can tell, or if it is more than the limit ever allows.
    public var wait: Duration?

    /// Whether waiting cannot help.
    public var isHopeless: Bool { requested > limit }
}

/// Where a key stands with its limits at one moment.
public struct UsageStanding: Hashable, Sendable {
    public struct Rate: Hashable, Sendable {
        /// What a minute allows.
        public var limit: Int
        public var remaining: Int
        /// How long until all of it is there again.
        public var reset: Duration

        init(_ bucket: TokenBucket, at now: ContinuousClock.Instant) {
            limit = bucket.perMinute
            remaining = bucket.remaining(at: now)
            reset = bucket.timeUntilFull(at: now)
        }
    }

    /// Nil without such a limit.
    public var requests: Rate?
    public var tokens: Rate?
    public var runningRequests: Int
}
