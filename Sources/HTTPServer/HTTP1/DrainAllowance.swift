/// How long a peer may still take for the bytes that wait for it: time that runs out, and that taken bytes buy back.
///
/// At most `patience` is ever in hand. So a peer that takes nothing is given up after just that time, however fast it
/// was before, and one that takes a byte now and then lasts hardly longer; one that keeps up the rate stays for ever.
struct DrainAllowance: Sendable, Hashable {
    private let patience: Duration
    private let bytesPerSecond: Int
    /// When the peer is given up, as far as is known.
    private(set) var end: ContinuousClock.Instant
    private var acknowledged: Int
    private var measuredAt: ContinuousClock.Instant

    /// - Parameter acknowledged: How many bytes of the connection the peer has taken so far.
    init(acknowledged: Int, at now: ContinuousClock.Instant, limits: HTTPLimits) {
        patience = limits.writeStallTimeout
        bytesPerSecond = max(1, limits.outputBytesPerSecond)
        end = now + patience
        self.acknowledged = acknowledged
        measuredAt = now
    }

    /// When to measure next: often enough that what was taken early does not count as taken late.
    var nextMeasurement: ContinuousClock.Instant { min(end, measuredAt + patience / 6) }

    /// Notes how many bytes of the connection the peer has taken by now.
    mutating func measure(acknowledged count: Int, at now: ContinuousClock.Instant) {
        let taken = max(0, count - acknowledged)
        acknowledged = max(acknowledged, count)
        measuredAt = now
        // More than a whole patience cannot be bought; the bound also keeps the product small.
        let seconds = min(Double(taken) / Double(bytesPerSecond), patience / .seconds(1))
        end = min(now + patience, end + .seconds(seconds))
    }
}
