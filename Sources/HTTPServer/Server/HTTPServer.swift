import Dispatch
import Glibc
import Synchronization

/// An HTTP/1.1 server on Dispatch.
///
/// Once started it serves until ``shutdown(deadline:grace:)``, whether or not anybody still holds it.
///
/// ```swift
/// var router = Router()
/// router.add(.get, "/hello/{name}") { request, writer in
///     try await writer.send(HTTPServerResponse(text: "Hello, \(request.parameters["name"] ?? "")!"))
/// }
/// let server = HTTPServer(configuration: HTTPServerConfiguration(port: 8080), router: router)
/// let address = try await server.start()
/// ```
public final class HTTPServer: Sendable {
    /// What the server is doing at one moment.
    public struct Gauges: Sendable, Hashable {
        /// Connections open now.
        public var activeConnections: Int
        /// Requests whose head has come and whose response is not complete.
        public var activeRequests: Int
        /// Of those, the ones on which nobody has said who they are; 0 unless
        /// ``HTTPServerConfiguration/capsStrangers`` is set.
        public var strangers: Int
        /// Connections taken since the start.
        public var acceptedConnections: Int
        /// Connections turned away since the start because a limit was reached.
        public var refusedConnections: Int
        /// Connections closed since the start to make room for others, as strangers' were too many.
        public var displacedConnections: Int
        /// Requests since the start, those included whose head was refused.
        public var requests: Int
        /// Request bodies held now, complete or not, in bytes.
        public var bufferedBodyBytes = 0
    }

    private struct Running {
        var loops: [EventLoop] = []
        var listener: Listener?
        var hasStarted = false
    }

    private let context: ServerContext
    private let time: TimeSource
    private let running = Mutex(Running())

    public convenience init(configuration: HTTPServerConfiguration, router: Router) {
        self.init(configuration: configuration, router: router, time: .system)
    }

    init(configuration: HTTPServerConfiguration, router: Router, time: TimeSource) {
        context = ServerContext(configuration: configuration, router: router)
        self.time = time
    }

    /// The loops that serve; empty before the start.
    var loops: [EventLoop] { running.withLock { $0.loops } }

    public var gauges: Gauges {
        var gauges = context.gauges.snapshot
        gauges.bufferedBodyBytes = context.bodyBudget.usedBytes
        return gauges
    }

    public var activeConnectionCount: Int { gauges.activeConnections }
    public var isDraining: Bool { context.isDraining }

    /// Binds, listens and begins to serve; returns the address, with the port that was chosen.
    ///
    /// Also raises the process's limit of open files as far as it may.
    ///
    /// - Throws: ``SystemError`` or ``AddressError`` if the address cannot be bound.
    /// - Precondition: The server has not been started before.
    public func start() async throws -> SocketAddress {
        running.withLock { state in
            precondition(!state.hasStarted, "a server starts once")
            state.hasStarted = true
        }
        let files = OpenFileLimit.raise()
        let limit = min(context.limits.connections, max(files - 64, files / 2))
        let loops = (0..<max(1, context.configuration.eventLoops)).map {
            EventLoop(label: "http.loop.\($0)", time: time)
        }
        let turn = Atomic(0)
        let context = context
        context.gauges.connectionLimit = limit
        let listener = try Listener(
            context.configuration.address, backlog: context.configuration.backlog, queue: loops[0].queue
        ) { descriptor, peer in
            let loop = loops[turn.wrappingAdd(1, ordering: .relaxed).oldValue % loops.count]
            let verdict = context.gauges.connectionOpened(
                from: context.cappedClient(peer), isStranger: context.configuration.capsStrangers,
                limitPerClient: context.limits.connectionsPerClient)
            loop.queue.async {
                loop.assumeIsolated { loop in
                    if verdict == .welcome {
                        loop.serve(descriptor, from: peer, context: context)
                    } else {
                        ConnectionRefusal.answer(descriptor, verdict, context: context, date: loop.date)
                    }
                }
            }
        }
        for loop in loops { loop.start() }
        listener.start()
        running.withLock { state in
            state.loops = loops
            state.listener = listener
        }
        return listener.address
    }

    /// Makes every later response the last of its connection; new connections are still taken.
    ///
    /// The first step of a graceful end: clients move elsewhere while a load balancer learns that it should not come back.
    public func beginDrain() {
        context.beginDrain()
    }

    /// Takes no new connections.
    public func stopAccepting() {
        let listener = running.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }
        listener?.stop()
    }

    /// Ends the server: no new connections, requests at hand are finished, then everything is closed.
    ///
    /// - Parameters:
    ///   - deadline: How long requests may take. Their handlers are cancelled then.
    ///   - grace: How long cancelled handlers may take to say their last words, such as an error event.
    ///
    /// Cancelling the task that waits here means at once: no deadline, no grace.
    public func shutdown(deadline: Duration = .seconds(60), grace: Duration = .seconds(2)) async {
        context.beginStop()
        stopAccepting()
        let loops = loops
        for loop in loops { await loop.stopChannels(.whenIdle) }
        let gauges = context.gauges
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // A cancelled sleep means hurry: either all is over, or the caller cannot wait any longer.
                try? await Task.sleep(for: deadline)
                for loop in loops { await loop.stopChannels(.cancel) }
                try? await Task.sleep(for: grace)
                for loop in loops { await loop.stopChannels(.now) }
            }
            await gauges.waitUntilIdle()
            group.cancelAll()
        }
    }
}

/// The process's limit of open file descriptors.
enum OpenFileLimit {
    /// Raises the soft limit to the hard one and returns what holds now.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
