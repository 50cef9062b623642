import CPlatform
import Engine
import HTTPServer
import HTTPTypes
public import Logging
import OpenAIAPI
import RequestLog
import Synchronization
import Telemetry

/// A running server: sockets, routes, models, metrics and request log.
public final class InferenceServer: Sendable {
    private let configuration: ServerConfiguration
    private let logger: Logger
    private let registry = ModelRegistry()
    private let metrics: ServerMetrics
    private let requestLog: RequestLog?
    private let isDraining = Atomic(false)
    private let server = Mutex<HTTPServer?>(nil)

    /// - Throws: when the address may not be used without keys, or the request log cannot be opened.
    public init(_ configuration: ServerConfiguration, logger: Logger) throws {
        guard configuration.allowsUnauthenticatedAccess || LoopbackHost.contains(configuration.host) else {
            throw ExposureError(host: configuration.host)
        }
        self.configuration = configuration
        self.logger = logger
        metrics = ServerMetrics(version: configuration.version, startTime: Double(UnixTime.milliseconds) / 1000)
        requestLog = try configuration.requestLogPath.map { path in
            try RequestLog(path: path) { event in logger.warning("request log: \(event)") }
        }
    }

    /// Serves until a signal asks it to stop, then finishes what runs.
    ///
    /// - Parameter ready: called with the URL once the model is loaded.
    public func run(ready: @Sendable (String) -> Void) async throws {
        nt_platform_return_large_blocks()
        let signals = StopSignals()
        let server = HTTPServer(configuration: httpConfiguration, router: router)
        self.server.withLock { $0 = server }
        let address = try await server.start()
        let configuration = configuration
        let (metrics, logger) = (metrics, logger)
        // A signal may come while the model is still being loaded, which takes minutes for large ones.
        let (events, source) = AsyncStream.makeStream(of: Event.self)
        Task.detached {
            source.yield(.loaded(Result { try LoadedModel.load(configuration, metrics: metrics, logger: logger) }))
        }
        Task {
            await signals.wait()
            source.yield(.mustStop)
        }
        for await event in events {
            switch event {
            case .loaded(let result):
                let model = try result.get()
                registry.add(model)
                registry.finishLoading()
                let age = ProcessAge.current() ?? model.loadTimes.total
                logger.info("ready in \(age.hundredths) s (\(model.loadTimes))")
                ready("http://\(address)")
            case .mustStop: return await drain(server, signals)
            }
        }
    }

    /// What a server that listens waits for.
    private enum Event: Sendable {
        case loaded(Result<LoadedModel, any Error>)
        case mustStop
    }

    /// Readiness goes at once; running requests end by themselves or, at the deadline, with an error.
    private func drain(_ server: HTTPServer, _ signals: StopSignals) async {
        logger.info("stopping: running requests may take up to \(configuration.drainTimeout)")
        isDraining.store(true, ordering: .relaxed)
        for model in registry.models { model.engine.stopAccepting() }
        signals.exitOnNext()
        server.beginDrain()
        // Still listening meanwhile: whoever asks for readiness must hear "no" rather than nothing.
        let deadline = ContinuousClock.now + configuration.drainTimeout
        while server.gauges.activeRequests > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        for model in registry.models { model.engine.abortAll(.aborted) }
        await server.shutdown(deadline: .seconds(2))
        await requestLog?.close()
    }

    // MARK: Routes

    var router: Router {
        var router = Router()
        func add(_ path: String, _ handler: some ModelHandler) {
            router.add(.post, path, attributes: .json(name: path), handler: handler.route(logger))
        }
        add("/v1/chat/completions", ChatCompletionHandler(registry: registry))
        add("/v1/completions", CompletionHandler(registry: registry))
        add("/tokenize", TokenizeHandler(registry: registry))
        add("/detokenize", DetokenizeHandler(registry: registry))
        addModels(to: &router)
        addProbes(to: &router)
        return router
    }

    private func addModels(to router: inout Router) {
        let registry = registry
        router.addInline(.get, "/v1/models") { _ in .json(ModelList(registry.models.map(\.description)).body) }
        router.addInline(.get, "/v1/models/{id...}") { request in
            let id = request.parameters["id"] ?? ""
            guard let model = registry.models.first(where: { $0.id == id }) else {
                return APIError.modelNotFound(id).response
            }
            return .json(model.description.body)
        }
    }

    private func addProbes(to router: inout Router) {
        let probe = RouteAttributes(isPublic: true, userInfo: Probe())
        router.addInline(.get, "/livez", attributes: probe) { _ in .json(Array(#"{"status":"ok"}"#.utf8)) }
        for path in ["/health", "/healthz", "/readyz"] {
            router.addInline(.get, path, attributes: probe) { [self] _ in readiness }
        }
        router.addInline(.get, "/metrics", attributes: probe) { [self] _ in
            HTTPServerResponse(contentType: ExpositionWriter.contentType, body: renderMetrics())
        }
    }

    private var readiness: HTTPServerResponse {
        if isDraining.load(ordering: .relaxed) { return APIError.shuttingDown(retryAfter: .seconds(1)).response }
        if registry.isLoading { return APIError.modelLoading(retryAfter: .seconds(1)).response }
        return .json(Array(#"{"status":"ok"}"#.utf8))
    }

    private func renderMetrics() -> [UInt8] {
        for model in registry.models {
            model.metrics.update(from: model.engine.status.snapshot)
        }
        if let gauges = server.withLock({ $0?.gauges }) {
            metrics.connections.set(gauges.activeConnections)
            metrics.connectionsAccepted.advance(to: gauges.acceptedConnections)
        }
        if let requestLog { metrics.logRowsDropped.advance(to: requestLog.droppedCount) }
        return metrics.render()
    }

    // MARK: HTTP

    private var httpConfiguration: HTTPServerConfiguration {
        var http = HTTPServerConfiguration(host: configuration.host, port: configuration.port)
        if LoopbackHost.contains(configuration.host) { http.allowedHosts = HTTPServerConfiguration.loopbackHosts }
        http.errorBody = { status, message in
            ErrorBody(contentType: "application/json", bytes: APIError(status: status, message: message).body)
        }
        http.admit = { [self] request in .accept(context: account(for: request)) }
        http.requestFinished = { [self] summary in requestFinished(summary) }
        return http
    }

    private func account(for request: HTTPServerRequest) -> RequestAccount? {
        if request.route.attributes.userInfo is Probe { return nil }
        let requestLog = requestLog
        return RequestAccount(
            id: request.id, endpoint: request.route.name, tenant: .anonymous, receivedAt: request.receivedAt,
            receivedUnixMilliseconds: UnixTime.milliseconds
        ) { record in requestLog?.append(record) }
    }

    private func requestFinished(_ summary: RequestSummary) {
        metrics.countRequest(endpoint: summary.route?.name ?? "none", status: summary.status?.code ?? 499)
        if let error = summary.handlerError, !(error is CancellationError), !(error is ResponseWriteError) {
            logger.error("handler failed", metadata: ["id": "\(summary.id)", "error": "\(error)"])
        }
        if summary.route?.attributes.userInfo is Probe { return }
        if let account = summary.admission as? RequestAccount {
            account.exchangeEnded(summary)
        } else {
            requestLog?.append(RequestRecord(refused: summary))
        }
    }
}

/// Marks routes that machines poll: counted in the metrics, but not worth a row in the request log each time.
private struct Probe: Sendable {}

extension RequestRecord {
    /// The row of a request that was refused before any route took it.
    fileprivate init(refused summary: RequestSummary) {
        self.init(
            id: summary.id, receivedUnixMilliseconds: UnixTime.milliseconds - Int64(summary.duration.milliseconds),
            endpoint: summary.route?.name ?? "none", status: summary.status?.code ?? 499,
            totalMilliseconds: summary.duration.milliseconds,
            isClientCancelled: summary.outcome == .clientGone)
    }
}
