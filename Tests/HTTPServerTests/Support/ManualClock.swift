import Synchronization

@testable import HTTPServer

/// A clock that stands still until it is moved.
final class ManualClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) {
        instant.withLock { $0 += duration }
    }

    var source: TimeSource { TimeSource { self.now } }
}

extension EventLoop {
    var writtenBodyBytes: Int {
        channels.values.reduce(0) { $0 + (($1 as? Connection)?.exchange?.responseBodyBytes ?? 0) }
    }

    func contains(_ predicate: @Sendable (Connection) -> Bool) -> Bool {
        channels.values.contains { ($0 as? Connection).map(predicate) == true }
    }
}
