import ArgumentParser
import Engine
import InferenceService
import Logging
import RequestLog

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve models over HTTP.",
        discussion: """
            Prints 'listening on http://HOST:PORT' when all models are ready. SIGTERM or SIGINT stops the server once \
            running requests have ended; a second signal stops it at once. SIGHUP reads the API keys again.

            Every option can be set as an environment variable as well: NEEDLETAIL_MODEL, NEEDLETAIL_ALIASES, \
            NEEDLETAIL_HOST, NEEDLETAIL_PORT, NEEDLETAIL_THREADS, NEEDLETAIL_QUANTIZE, NEEDLETAIL_CONTEXT, \
            NEEDLETAIL_KV_TYPE, NEEDLETAIL_KV_BYTES, NEEDLETAIL_GENERATION_CONFIG, NEEDLETAIL_MAX_SEQUENCES, NEEDLETAIL_MAX_QUEUE, \
            NEEDLETAIL_QUEUE_TIMEOUT, NEEDLETAIL_REQUEST_TIMEOUT, NEEDLETAIL_REQUEST_LOG, NEEDLETAIL_DRAIN_TIMEOUT, \
            NEEDLETAIL_API_KEYS, NEEDLETAIL_OPEN_METRICS, NEEDLETAIL_CORS_ORIGINS, NEEDLETAIL_INSECURE_NO_AUTH. What \
            can be repeated is separated by commas there.
            """)

    @OptionGroup var models: ServedModelOptions

    @Option(help: "Address to listen on. Default: 127.0.0.1.")
    var host: String?

    @Option(help: "Port to listen on; 0 picks a free one. Default: 8080.")
    var port: Int?

    @Option(help: "Sequences that run at the same time. Default: 64.")
    var maxSequences: Int?

    @Option(help: "Sequences that may wait while all places are taken. Default: 256.")
    var maxQueue: Int?

    @Option(help: "Seconds that a request may wait for its first step. Default: 30.")
    var queueTimeout: Double?

    @Option(help: "Seconds that a request may take, whatever it asks for. Default: 600.")
    var requestTimeout: Double?

    @Option(help: "SQLite file of the request log; 'none' keeps none. Default: under $XDG_STATE_HOME/needletail.")
    var requestLog: String?

    @Option(help: "Seconds that running requests may take after a signal to stop. Default: 60.")
    var drainTimeout: Int?

    @OptionGroup var access: AccessOptions

    @Flag(help: "Listen on an address that other machines can reach although no keys protect the server.")
    var insecureNoAuth = false

    func run() async throws {
        var configuration = try models.configuration(version: Needletail.version)
        configuration.host = try host ?? EnvironmentDefault.value("NEEDLETAIL_HOST") ?? "127.0.0.1"
        configuration.port = try port ?? EnvironmentDefault.value("NEEDLETAIL_PORT") ?? 8080
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
        guard (.zero ... .seconds(86_400)).contains(configuration.drainTimeout) else {
            throw ValidationError("--drain-timeout must be 0 to 86400.")
        }
    }
}
