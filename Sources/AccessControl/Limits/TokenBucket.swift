/// So many in a minute: a bucket that fills steadily, holds a minute's worth and gives what is in it at once.
///
/// The level counts millionths of a sixtieth, so that a microsecond adds exactly `perMinute` of them and no rounding ever
/// keeps back what is due. It may fall below zero, when something turned out larger than was thought; what comes later
/// pays for it.
struct TokenBucket: Sendable {
    private(set) var perMinute: Int
    private var level: Int
    private var filledAt: ContinuousClock.Instant

    /// INVARIANT: with limits of at most 10^9 a full bucket is 6 * 10^16, far from the end of `Int`.
    private static let unit = 60_000_000
    private var capacity: Int { perMinute * Self.unit }

    /// A full bucket.
    init(perMinute: Int, at now: ContinuousClock.Instant) {
        precondition(KeyLimits.range.contains(perMinute), "a limit outside of its range")
        self.perMinute = perMinute
        level = perMinute * Self.unit
        filledAt = now
    }

    /// What is in it, in whole numbers; 0 when it owes.
    func remaining(at now: ContinuousClock.Instant) -> Int { max(0, level(at: now) / Self.unit) }

    /// How long until it is full if nothing is taken.
    func timeUntilFull(at now: ContinuousClock.Instant) -> Duration { time(until: capacity, at: now) }

    /// How long until `count` can be taken: zero if they can be now, nil if there is never so much in it.
    func timeUntil(_ count: Int, at now: ContinuousClock.Instant) -> Duration? {
        count > perMinute ? nil : time(until: count * Self.unit, at: now)
    }

    /// Takes `count`, or gives them back if it is negative, whatever is in it.
    mutating func take(_ count: Int, at now: ContinuousClock.Instant) {
        level = level(at: now)
        filledAt += .microseconds(microseconds(to: now))
        let bounded = min(max(count, -KeyLimits.range.upperBound), KeyLimits.range.upperBound)
        // Debts end at ten full buckets of the largest size: far beyond what requests can run up, and safe to count.
        level = max(min(level - bounded * Self.unit, capacity), -10 * KeyLimits.range.upperBound * Self.unit)
    }

    mutating func change(perMinute: Int, at now: ContinuousClock.Instant) {
        take(0, at: now)
        self.perMinute = perMinute
        level = min(level, capacity)
    }

    private func level(at now: ContinuousClock.Instant) -> Int {
        let (gain, overflows) = perMinute.multipliedReportingOverflow(by: microseconds(to: now))
        let (sum, overflowsSum) = level.addingReportingOverflow(gain)
        return overflows || overflowsSum ? capacity : min(sum, capacity)
    }

    private func time(until wanted: Int, at now: ContinuousClock.Instant) -> Duration {
        let missing = wanted - level(at: now)
        guard missing > 0 else { return .zero }
        return .microseconds((missing + perMinute - 1) / perMinute)
    }

    /// Whole microseconds since it was filled, at most some centuries; what is left of one counts the next time.
    private func microseconds(to now: ContinuousClock.Instant) -> Int {
        let (seconds, attoseconds) = min(max(now - filledAt, .zero), .seconds(1 << 32)).components
        return Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
    }
}
