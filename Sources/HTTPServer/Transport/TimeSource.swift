/// Where deadlines get the time from: the system's monotonic clock, or one that a test moves by hand.
struct TimeSource: Sendable {
    var now: @Sendable () -> ContinuousClock.Instant

    static let system = TimeSource { .now }
}
