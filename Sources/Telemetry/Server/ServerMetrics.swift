/// Every metric of a server process, and the text that shows them.
public final class ServerMetrics: Sendable {
    /// Open HTTP connections.
    public let connections = Gauge()
    /// Accepted HTTP connections.
    public let connectionsAccepted = Counter()
    /// HTTP connections turned away because a limit was reached.
    public let connectionsRefused = Counter()
    /// HTTP connections without a key that were closed to make room for others.
    public let connectionsDisplaced = Counter()
    /// Bytes of request bodies held now, complete or not.
    public let bufferedBodyBytes = Gauge()
    /// Rows that the request log could not take.
    public let logRowsDropped = Counter()

    private let httpRequests = MetricFamily(labelCount: 2) { Counter() }
    private let authFailures = MetricFamily(labelCount: 1) { Counter() }
    private let rateLimits = MetricFamily(labelCount: 1) { Counter() }
    private let models = ModelMetricFamilies()
    private let registry = MetricsRegistry()

    /// - Parameters:
    ///   - version: the build's version, shown as a label.
    ///   - startTime: seconds since 1970 at which the process started.
    public init(version: String, startTime: Double) {
        registry.register(
            Gauge(1), as: "needletail_build_info", labels: ["version": version], help: "The running build.")
        registry.register(
            Gauge(startTime), as: "process_start_time_seconds", help: "Start of the process, in seconds since 1970.")
        registry.register(
            httpRequests, as: "needletail_http_requests_total", labels: ["endpoint", "status"],
            help: "Answered HTTP requests, by route and status.")
        registry.register(connections, as: "needletail_http_connections_open", help: "Open HTTP connections.")
        registry.register(
            connectionsAccepted, as: "needletail_http_connections_accepted_total", help: "Accepted HTTP connections.")
        registry.register(
            connectionsRefused, as: "needletail_http_connections_refused_total",
            help: "HTTP connections turned away because a limit was reached.")
        registry.register(
            connectionsDisplaced, as: "needletail_http_connections_displaced_total",
            help: "HTTP connections without a key that were closed to make room for others.")
        registry.register(
            bufferedBodyBytes, as: "needletail_http_request_body_bytes",
            help: "Bytes of request bodies held now, complete or not.")
        registry.register(
            logRowsDropped, as: "needletail_request_log_rows_dropped_total",
            help: "Rows that the request log could not take.")
        registry.register(
            authFailures, as: "needletail_auth_failures_total", labels: ["reason"],
            help: "Requests refused because of their API key, by reason.")
        registry.register(
            rateLimits, as: "needletail_rate_limited_total", labels: ["limit"],
            help: "Requests refused by a limit of their API key, by limit.")
        models.register(in: registry)
    }

    /// Counts an answered request.
    ///
    /// - Parameter endpoint: the route's pattern, never the path that the client sent.
    public func countRequest(endpoint: String, status: Int) {
        httpRequests[endpoint, String(status)].increment()
    }

    /// Counts a request that was refused because of its key.
    public func countAuthFailure(_ reason: String) { authFailures[reason].increment() }

    /// Counts a request that was refused by a limit of its key.
    public func countRateLimit(_ limit: String) { rateLimits[limit].increment() }

    /// The metrics of a model; call it once for each model when it is loaded.
    ///
    /// - Parameters:
    ///   - blockSize: tokens in a block of the KV cache.
    ///   - blockCount: blocks of the KV cache.
    public func model(_ name: String, blockSize: Int, blockCount: Int) -> ModelMetrics {
        models.cacheConfiguration[name, String(blockSize), String(blockCount)].set(1)
        return ModelMetrics(model: name, families: models)
    }

    /// All metrics in the format of ``ExpositionWriter``.
    public func render() -> [UInt8] { registry.render() }
}
