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
            running requests have ended; a second signal stops it at once.

            Every option can be set as an environment variable as well: NEEDLETAIL_MODEL, NEEDLETAIL_HOST, \
            NEEDLETAIL_PORT, NEEDLETAIL_THREADS, NEEDLETAIL_CONTEXT, NEEDLETAIL_KV_TYPE, NEEDLETAIL_MAX_SEQUENCES, \
            NEEDLETAIL_REQUEST_LOG, NEEDLETAIL_DRAIN_TIMEOUT, NEEDLETAIL_INSECURE_NO_AUTH.
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

    @Option(help: "SQLite file of the request log; 'none' keeps none. Default: under $XDG_STATE_HOME/needletail.")
    var requestLog: String?

    @Option(help: "Seconds that running requests may take after a signal to stop. Default: 60.")
    var drainTimeout: Int?

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
        configuration.engine.maximumSequences =
            try maxSequences ?? EnvironmentDefault.value("NEEDLETAIL_MAX_SEQUENCES") ?? 64
        configuration.drainTimeout = .seconds(
            try drainTimeout ?? EnvironmentDefault.value("NEEDLETAIL_DRAIN_TIMEOUT") ?? 60)
        configuration.requestLogPath = try requestLogPath()
        configuration.allowsUnauthenticatedAccess =
            try insecureNoAuth || EnvironmentDefault.flag("NEEDLETAIL_INSECURE_NO_AUTH")
        try check(configuration)
        let logger = Logger(label: "needletail", factory: { StreamLogHandler.standardError(label: $0) })
        try await InferenceServer(configuration, logger: logger).run { url in
            Output.writeLine("listening on \(url)")
        }
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
        if let context = configuration.contextLength, context < 1 {
            throw ValidationError("--context must be at least 1.")
        }
        guard (.zero ... .seconds(86_400)).contains(configuration.drainTimeout) else {
            throw ValidationError("--drain-timeout must be 0 to 86400.")
        }
    }
}
