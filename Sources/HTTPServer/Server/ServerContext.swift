import HTTPTypes
import Synchronization

/// What all connections of a server share.
final class ServerContext: Sendable {
    let configuration: HTTPServerConfiguration
    let router: Router
    let gauges = ServerGauges()
    let requestIDs = RequestIDGenerator()
    let bodyBudget: BodyBudget
    private let draining = Atomic(false)
    private let stopping = Atomic(false)

    var limits: HTTPLimits { configuration.limits }

    init(configuration: HTTPServerConfiguration, router: Router) {
        self.configuration = configuration
        self.router = router
        bodyBudget = BodyBudget(limit: configuration.limits.totalBodyBytes)
    }

    /// Whether connections end with their next response.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func beginDrain() {
        draining.store(true, ordering: .relaxed)
    }

    /// Whether connections that were accepted a moment ago come too late.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func beginStop() {
        beginDrain()
        stopping.store(true, ordering: .relaxed)
    }

    /// The client by which connections from an address are capped; nil if they are not.
    func cappedClient(_ address: SocketAddress) -> ClientNetwork? {
        address.isLoopback && !configuration.capsLoopback ? nil : ClientNetwork(address)
    }

    func errorResponse(_ status: HTTPResponse.Status, _ message: String) -> HTTPServerResponse {
        let body = configuration.errorBody(status, message)
        return HTTPServerResponse(status: status, contentType: body.contentType, body: body.bytes)
    }
}

/// Whether a new connection may stay.
enum ConnectionVerdict: Hashable, Sendable {
    case welcome
    case serverIsFull
    case clientHasTooMany
}

/// Counts of what is going on, and a bell for when nothing is.
final class ServerGauges: Sendable {
    private struct Counts {
        var connections = 0
        var connectionsOf: [ClientNetwork: Int] = [:]
        var handlers = 0
        var accepted = 0
        var refused = 0
        var requests = 0
        var activeRequests = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let counts = Mutex(Counts())

    var snapshot: HTTPServer.Gauges {
        counts.withLock {
            HTTPServer.Gauges(
                activeConnections: $0.connections, activeRequests: $0.activeRequests, acceptedConnections: $0.accepted,
                refusedConnections: $0.refused, requests: $0.requests)
        }
    }

    /// Counts a new connection as open, unless there are `limit` already, or `limitPerClient` from the same client.
    ///
    /// - Parameter client: Nil for clients that are not capped one by one.
    func connectionOpened(from client: ClientNetwork?, limit: Int, limitPerClient: Int) -> ConnectionVerdict {
        counts.withLock { counts in
            guard counts.connections < limit else {
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
            return .welcome
        }
    }

    /// Counts a connection as closed; `client` is what it was opened with.
    func connectionClosed(from client: ClientNetwork?) {
        ringIfIdle { counts in
            counts.connections -= 1
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
