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
