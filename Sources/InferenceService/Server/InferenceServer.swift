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
    let configuration: ServerConfiguration
    let logger: Logger
    let registry: ModelRegistry
    let metrics: ServerMetrics
    let requestLog: RequestLog?
    private let keys: ServedKeys?
    let gate: AccessGate
    private let isDraining = Atomic(false)
    private let server = Mutex<HTTPServer?>(nil)

    /// - Throws: when the models' names are not clear, the address may not be used without keys, or keys or request log
    ///   cannot be opened.
    public init(_ configuration: ServerConfiguration, logger: Logger) throws {
        let hasKeys = configuration.apiKeysPath != nil
        guard hasKeys || configuration.allowsUnauthenticatedAccess || LoopbackHost.contains(configuration.host) else {
            throw ExposureError(host: configuration.host)
        }
        guard hasKeys || configuration.crossOrigins != .any else { throw OpenToPagesError() }
        registry = ModelRegistry(
            try ModelNames(models: configuration.models.map(\.name), aliases: configuration.aliases))
        self.configuration = configuration
        self.logger = logger
        metrics = ServerMetrics(version: configuration.version, startTime: Double(UnixTime.milliseconds) / 1000)
        keys = try configuration.apiKeysPath.map { try ServedKeys(path: $0) }
        gate = AccessGate(keys: keys?.ring, metrics: metrics)
        requestLog = try configuration.requestLogPath.map { path in
            try RequestLog(path: path) { event in logger.warning("request log: \(event)") }
        }
    }

    /// Serves until a signal asks it to stop, then finishes what runs.
    ///
    /// - Parameter ready: called with the URL once all models are loaded.
    public func run(ready: @Sendable (String) -> Void) async throws {
        nt_platform_return_large_blocks()
        let signals = StopSignals()
        let reload = ReloadSignal { [self] in reloadKeys() }
        defer { withExtendedLifetime(reload) {} }
        keys?.report(to: logger)
        let server = HTTPServer(configuration: httpConfiguration, router: router)
        self.server.withLock { $0 = server }
        let address = try await server.start()
        let loader = ServedModelLoader(configuration: configuration, metrics: metrics, logger: logger)
        let startedLoading = ContinuousClock.now
        // A signal may come while models are still being loaded, which takes minutes for large ones.
        let (events, source) = AsyncStream.makeStream(of: Event.self)
        Task.detached {
            source.yield(.loaded(Result { try loader.load() }))
        }
        Task {
            await signals.wait()
            source.yield(.mustStop)
        }
        for await event in events {
            switch event {
            case .loaded(let result):
                registry.serve(try result.get())
                let age = ProcessAge.current() ?? (.now - startedLoading)
                logger.info("ready in \(age.hundredths) s")
                ready("http://\(address)")
            case .mustStop: return await drain(server, signals)
            }
        }
    }

    /// What SIGHUP asks for. Without keys too it must not end the process: whoever rotates logs sends it to everybody.
    private func reloadKeys() {
        guard let keys else { return logger.notice("SIGHUP: nothing to read again, as there is no file of API keys") }
        for key in keys.reload(logger) {
            for model in registry.models { model.engine.forget(Tenant(id: key)) }
        }
    }

    /// What a server that listens waits for.
    private enum Event: Sendable {
        case loaded(Result<[LoadedModel], any Error>)
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
            router.add(.post, path, attributes: .inference(name: path), handler: handler.route(logger))
        }
        add("/v1/chat/completions", ChatCompletionHandler(registry: registry))
        add("/v1/chat/completions/input_tokens", ChatTokensHandler(registry: registry))
        add("/v1/completions", CompletionHandler(registry: registry))
        add("/v1/embeddings", EmbeddingHandler(registry: registry))
        for path in ["/v1/rerank", "/v2/rerank", "/rerank"] { add(path, RerankHandler(registry: registry)) }
        for path in ["/v1/score", "/score"] { add(path, ScoreHandler(registry: registry)) }
        for path in ["/v1/classify", "/classify"] { add(path, ClassificationHandler(registry: registry)) }
        add("/v1/fill-mask", FillMaskHandler(registry: registry))
        add("/tokenize", TokenizeHandler(registry: registry))
        add("/detokenize", DetokenizeHandler(registry: registry))
        add("/apply-template", ApplyTemplateHandler(registry: registry))
        addModels(to: &router)
        router.addInline(.get, "/openapi.yaml", attributes: .inference) { _ in .apiDocument }
        addProbes(to: &router)
        return router
    }

    private func addModels(to router: inout Router) {
        let registry = registry
        router.addInline(.get, "/v1/models", attributes: .inference) { _ in
            .json(registry.list.body)
        }
        router.addInline(.get, "/v1/models/{id...}", attributes: .inference) { request in
            do throws(APIError) {
                return .json(try registry.description(of: request.parameters["id"] ?? "").body)
            } catch {
                return error.response
            }
        }
    }

    private func addProbes(to router: inout Router) {
        router.addInline(.get, "/livez", attributes: .health) { _ in .json(Array(#"{"status":"ok"}"#.utf8)) }
        for path in ["/health", "/healthz", "/readyz"] {
            router.addInline(.get, path, attributes: .health) { [self] _ in readiness }
        }
        let metrics = RouteAttributes.metrics(isPublic: configuration.hasOpenMetrics)
        router.addInline(.get, "/metrics", attributes: metrics) { [self] _ in
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
            metrics.connectionsRefused.advance(to: gauges.refusedConnections)
            metrics.connectionsDisplaced.advance(to: gauges.displacedConnections)
            metrics.bufferedBodyBytes.set(gauges.bufferedBodyBytes)
        }
        if let requestLog { metrics.logRowsDropped.advance(to: requestLog.droppedCount) }
        return metrics.render()
    }
}
