/// A clock for measurements: seconds from some fixed moment.
enum Stopwatch {
    static func seconds() -> Double { start.duration(to: .now) / .seconds(1) }

    private static let start = ContinuousClock.now
}
