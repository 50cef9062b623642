/// Tells the time to an engine; tests and simulations move it by hand.
struct EngineClock: Sendable {
    let now: @Sendable () -> ContinuousClock.Instant

    static let continuous = EngineClock { .now }
}
