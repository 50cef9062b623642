import Synchronization

/// Whether a new connection may stay.
enum ConnectionVerdict: Hashable, Sendable {
    case welcome
    case serverIsFull
    case clientHasTooMany
}

/// Counts of what is going on, and a bell for when nothing is.
final class ServerGauges: Sendable {
    private struct Counts {
        var limit = Int.max
        var connections = 0
        var strangers = 0
        var connectionsOf: [ClientNetwork: Int] = [:]
        var handlers = 0
        var accepted = 0
        var refused = 0
        var displaced = 0
        var requests = 0
        var activeRequests = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Connections that may be over the limit for the moment it takes to close as many strangers'.
    private static let overlap = 32

    private let counts = Mutex(Counts())

    var snapshot: HTTPServer.Gauges {
        counts.withLock {
            HTTPServer.Gauges(
                activeConnections: $0.connections, activeRequests: $0.activeRequests, strangers: $0.strangers,
                acceptedConnections: $0.accepted, refusedConnections: $0.refused, displacedConnections: $0.displaced,
                requests: $0.requests)
        }
    }

    /// Connections that may be open at once.
    var connectionLimit: Int {
        get { counts.withLock { $0.limit } }
        set { counts.withLock { $0.limit = newValue } }
    }

    /// Counts a new connection as open, unless there are too many already, or `limitPerClient` from the same client.
    ///
    /// One that comes over the limit while there are strangers is taken in place of one of those.
    ///
    /// - Parameters:
    ///   - client: Nil for clients that are not capped one by one.
    ///   - isStranger: Whether it counts as a stranger's until ``strangerIntroduced()``.
    func connectionOpened(
        from client: ClientNetwork?, isStranger: Bool, limitPerClient: Int
    ) -> ConnectionVerdict {
        counts.withLock { counts in
            // Of those over the limit, each takes the place of a stranger, who may still be on the way out.
            guard counts.connections - min(counts.strangers, Self.overlap) < counts.limit else {
                counts.refused += 1
                return .serverIsFull
            }
            if let client {
                guard counts.connectionsOf[client, default: 0] < limitPerClient else {
                    counts.refused += 1
                    return .clientHasTooMany
                }
                counts.connectionsOf[client, default: 0] += 1
            }
            counts.accepted += 1
            counts.connections += 1
            if isStranger { counts.strangers += 1 }
            return .welcome
        }
    }

    /// Whether strangers hold more than half of the connections there may be, or keep others from the rest.
    var hasTooManyStrangers: Bool {
        counts.withLock {
            $0.strangers > 0 && ($0.strangers > max(1, $0.limit / 2) || $0.connections > $0.limit)
        }
    }

    /// It is known now whose connection one of the strangers' is.
    func strangerIntroduced() {
        counts.withLock { $0.strangers -= 1 }
    }

    /// A stranger's connection is about to be closed for another's sake.
    func strangerDisplaced() {
        counts.withLock { $0.displaced += 1 }
    }

    /// Counts a connection as closed; `client` is what it was opened with.
    func connectionClosed(from client: ClientNetwork?, isStranger: Bool) {
        ringIfIdle { counts in
            counts.connections -= 1
            if isStranger { counts.strangers -= 1 }
            guard let client, let count = counts.connectionsOf[client] else { return }
            counts.connectionsOf[client] = count > 1 ? count - 1 : nil
        }
    }

    func requestBegan() {
        counts.withLock {
            $0.requests += 1
            $0.activeRequests += 1
        }
    }

    func requestEnded() {
        counts.withLock { $0.activeRequests -= 1 }
    }

    func handlerBegan() {
        counts.withLock { $0.handlers += 1 }
    }

    func handlerEnded() {
        ringIfIdle { $0.handlers -= 1 }
    }

    /// Returns once no connection is open and no handler runs.
    func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = counts.withLock { counts in
                if counts.connections == 0, counts.handlers == 0 { return true }
                counts.waiters.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    private func ringIfIdle(after change: (inout Counts) -> Void) {
        let waiters = counts.withLock { counts -> [CheckedContinuation<Void, Never>] in
            change(&counts)
            guard counts.connections == 0, counts.handlers == 0 else { return [] }
            defer { counts.waiters = [] }
            return counts.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
