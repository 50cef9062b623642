import Synchronization

@testable import Engine

/// Time that passes when a test says so.
final class ManualClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) { instant.withLock { $0 += duration } }

    var engineClock: EngineClock { EngineClock { [self] in now } }
}
