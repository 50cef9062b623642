import ArgumentParser
import Engine
import InferenceService
import Logging
import RequestLog

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a model over HTTP.",
        discussion: """
            Prints 'listening on http://HOST:PORT' when the model is ready. SIGTERM or SIGINT stops the server once \
            running requests have ended; a second signal stops it at once. SIGHUP reads the API keys again.

            Every option can be set as an environment variable as well: NEEDLETAIL_MODEL, NEEDLETAIL_HOST, \
            NEEDLETAIL_PORT, NEEDLETAIL_THREADS, NEEDLETAIL_CONTEXT, NEEDLETAIL_KV_TYPE, NEEDLETAIL_KV_BYTES, \
            NEEDLETAIL_MAX_SEQUENCES, NEEDLETAIL_MAX_QUEUE, NEEDLETAIL_QUEUE_TIMEOUT, NEEDLETAIL_REQUEST_TIMEOUT, \
            NEEDLETAIL_REQUEST_LOG, NEEDLETAIL_DRAIN_TIMEOUT, NEEDLETAIL_API_KEYS, NEEDLETAIL_OPEN_METRICS, \
            NEEDLETAIL_CORS_ORIGINS (separated by commas), NEEDLETAIL_INSECURE_NO_AUTH.
            """)

    @OptionGroup var model: ModelOption

    @Option(help: "Address to listen on. Default: 127.0.0.1.")
    var host: String?

    @Option(help: "Port to listen on; 0 picks a free one. Default: 8080.")
    var port: Int?

    @Option(help: "Longest prompt and reply together, in tokens. Default: what the model was made for.")
    var context: Int?

    @Option(help: "Sequences that run at the same time. Default: 64.")
    var maxSequences: Int?

    @Option(help: "Sequences that may wait while all places are taken. Default: 256.")
    var maxQueue: Int?

    @Option(help: "Seconds that a request may wait for its first step. Default: 30.")
    var queueTimeout: Double?

    @Option(help: "Seconds that a request may take, whatever it asks for. Default: 600.")
    var requestTimeout: Double?

    @Option(
        help: """
            Memory for keys and values, such as 512MiB or 2GiB. Default: what 32,768 tokens need, but at most a quarter \
            of the memory that the process may use.
            """)
    var kvBytes: ByteCount?

    @Option(help: "SQLite file of the request log; 'none' keeps none. Default: under $XDG_STATE_HOME/needletail.")
    var requestLog: String?

    @Option(help: "Seconds that running requests may take after a signal to stop. Default: 60.")
    var drainTimeout: Int?

    @OptionGroup var access: AccessOptions

    @Flag(help: "Listen on an address that other machines can reach although no keys protect the server.")
    var insecureNoAuth = false

    func run() async throws {
        let (name, path) = try model.resolved()
        var configuration = ServerConfiguration(modelName: name, modelPath: path, version: Needletail.version)
        configuration.host = try host ?? EnvironmentDefault.value("NEEDLETAIL_HOST") ?? "127.0.0.1"
        configuration.port = try port ?? EnvironmentDefault.value("NEEDLETAIL_PORT") ?? 8080
        configuration.threads = try model.resolvedThreads()
        configuration.cacheType = try model.resolvedCacheType()
        configuration.contextLength = try context ?? EnvironmentDefault.value("NEEDLETAIL_CONTEXT")
        try setLimits(&configuration)
        configuration.drainTimeout = .seconds(
            try drainTimeout ?? EnvironmentDefault.value("NEEDLETAIL_DRAIN_TIMEOUT") ?? 60)
        configuration.requestLogPath = try requestLogPath()
        configuration.allowsUnauthenticatedAccess =
            try insecureNoAuth || EnvironmentDefault.flag("NEEDLETAIL_INSECURE_NO_AUTH")
        try access.apply(to: &configuration)
        try check(configuration)
        let logger = Logger(label: "needletail", factory: { StreamLogHandler.standardError(label: $0) })
        try await InferenceServer(configuration, logger: logger).run { url in
            Output.writeLine("listening on \(url)")
        }
    }

    private func setLimits(_ configuration: inout ServerConfiguration) throws {
        let defaults = EngineConfiguration()
        configuration.engine.maximumSequences =
            try maxSequences ?? EnvironmentDefault.value("NEEDLETAIL_MAX_SEQUENCES") ?? defaults.maximumSequences
        configuration.engine.maximumWaitingSequences =
            try maxQueue ?? EnvironmentDefault.value("NEEDLETAIL_MAX_QUEUE") ?? defaults.maximumWaitingSequences
        configuration.cacheByteCount = try (kvBytes ?? EnvironmentDefault.value("NEEDLETAIL_KV_BYTES"))?.bytes
        if let seconds = try queueTimeout ?? EnvironmentDefault.value("NEEDLETAIL_QUEUE_TIMEOUT") {
            configuration.engine.queueTimeout = .seconds(try Self.checked(seconds, "--queue-timeout"))
        }
        if let seconds = try requestTimeout ?? EnvironmentDefault.value("NEEDLETAIL_REQUEST_TIMEOUT") {
            configuration.longestRequest = .seconds(try Self.checked(seconds, "--request-timeout"))
        }
    }

    private static func checked(_ seconds: Double, _ option: String) throws -> Double {
        guard (0.001...86_400).contains(seconds) else {
            throw ValidationError("\(option) must be 0.001 to 86400 seconds.")
        }
        return seconds
    }

    private func requestLogPath() throws -> String? {
        let path = try requestLog ?? EnvironmentDefault.value("NEEDLETAIL_REQUEST_LOG")
        if path == "none" { return nil }
        return path ?? RequestLog.defaultPath()
    }

    private func check(_ configuration: ServerConfiguration) throws {
        guard (0...65535).contains(configuration.port) else { throw ValidationError("--port must be 0 to 65535.") }
        guard (1...4096).contains(configuration.engine.maximumSequences) else {
            throw ValidationError("--max-sequences must be 1 to 4096.")
        }
        guard (0...65_536).contains(configuration.engine.maximumWaitingSequences) else {
            throw ValidationError("--max-queue must be 0 to 65536.")
        }
        if let context = configuration.contextLength, context < 1 {
            throw ValidationError("--context must be at least 1.")
        }
        guard (.zero ... .seconds(86_400)).contains(configuration.drainTimeout) else {
            throw ValidationError("--drain-timeout must be 0 to 86400.")
        }
    }
}
