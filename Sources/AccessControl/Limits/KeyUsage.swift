import Synchronization

/// What a key has used of its limits. All requests of the key share it.
///
/// Every function is told the time, from the monotonic clock; time that runs backwards adds nothing.
public final class KeyUsage: Sendable {
    private struct State {
        var requests: TokenBucket?
        var tokens: TokenBucket?
        var concurrentLimit: Int?
        var running = 0
    }

    private let state: Mutex<State>

    public init(_ limits: KeyLimits, at now: ContinuousClock.Instant = .now) {
        state = Mutex(
            State(
                requests: limits.requestsPerMinute.map { TokenBucket(perMinute: $0, at: now) },
                tokens: limits.tokensPerMinute.map { TokenBucket(perMinute: $0, at: now) },
                concurrentLimit: limits.concurrentRequests))
    }

    /// Lets a request begin, or says which limit is in its way; then nothing is used up.
    ///
    /// How many tokens it will need is not known yet, but there must be some to have.
    public func begin(at now: ContinuousClock.Instant) throws(LimitReached) -> UsageLease {
        try state.withLock { state throws(LimitReached) in
            if let limit = state.concurrentLimit, state.running >= limit {
                throw LimitReached(kind: .concurrentRequests, limit: limit, requested: 1, wait: nil)
            }
            try state.requests?.require(1, of: .requests, at: now)
            try state.tokens?.require(1, of: .tokens, at: now)
            state.requests?.take(1, at: now)
            state.running += 1
        }
        return UsageLease(self)
    }

    /// Where the key stands.
    public func standing(at now: ContinuousClock.Instant) -> UsageStanding {
        state.withLock { state in
            UsageStanding(
                requests: state.requests.map { UsageStanding.Rate($0, at: now) },
                tokens: state.tokens.map { UsageStanding.Rate($0, at: now) }, runningRequests: state.running)
        }
    }

    /// - Returns: how many were taken: none without such a limit.
    func reserve(_ tokens: Int, at now: ContinuousClock.Instant) throws(LimitReached) -> Int {
        try state.withLock { state throws(LimitReached) in
            guard state.tokens != nil else { return 0 }
            try state.tokens?.require(tokens, of: .tokens, at: now)
            state.tokens?.take(tokens, at: now)
            return tokens
        }
    }

    func end(reserved: Int, used: Int, at now: ContinuousClock.Instant) {
        state.withLock { state in
            state.running -= 1
            state.tokens?.take(used - reserved, at: now)
        }
    }

    /// Other limits, with what was used under the old ones.
    func change(to limits: KeyLimits, at now: ContinuousClock.Instant = .now) {
        func changed(_ bucket: TokenBucket?, to limit: Int?) -> TokenBucket? {
            guard let limit else { return nil }
            guard var bucket else { return TokenBucket(perMinute: limit, at: now) }
            bucket.change(perMinute: limit, at: now)
            return bucket
        }
        state.withLock { state in
            state.requests = changed(state.requests, to: limits.requestsPerMinute)
            state.tokens = changed(state.tokens, to: limits.tokensPerMinute)
            state.concurrentLimit = limits.concurrentRequests
        }
    }
}

/// A request's hold on its key's limits, from the moment it is let in until it is over.
public final class UsageLease: Sendable {
    private struct State {
        var reserved = 0
        var hasEnded = false
    }

    private let usage: KeyUsage
    private let state = Mutex(State())

    init(_ usage: KeyUsage) { self.usage = usage }

    /// Takes the tokens that the request may need. After its end this does nothing: nobody would give them back.
    public func reserve(_ tokens: Int, at now: ContinuousClock.Instant) throws(LimitReached) {
        try state.withLock { state throws(LimitReached) in
            guard !state.hasEnded else { return }
            state.reserved += try usage.reserve(tokens, at: now)
        }
    }

    /// Ends the hold: what was taken and not used goes back, what was used beyond that is charged. Only the first call
    /// counts.
    public func end(usedTokens: Int, at now: ContinuousClock.Instant) {
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.hasEnded = true
            usage.end(reserved: state.reserved, used: usedTokens, at: now)
        }
    }
}

extension TokenBucket {
    /// - Throws: `LimitReached` if there are fewer in it.
    fileprivate func require(
        _ count: Int, of kind: LimitReached.Kind, at now: ContinuousClock.Instant
    ) throws(LimitReached) {
        let wait = timeUntil(count, at: now)
        guard wait == .zero else { throw LimitReached(kind: kind, limit: perMinute, requested: count, wait: wait) }
    }
}
