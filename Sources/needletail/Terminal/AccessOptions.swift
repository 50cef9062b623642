import ArgumentParser
import HTTPServer
import InferenceService

/// The file that holds the API keys.
struct KeyFileOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("The file that holds the API keys, of which it has only hashes.", valueName: "file"))
    var apiKeys: String?

    var path: String? { apiKeys ?? EnvironmentDefault.text("NEEDLETAIL_API_KEYS") }
}

/// Who may use a server.
struct AccessOptions: ParsableArguments {
    @OptionGroup var keyFile: KeyFileOption

    @Flag(help: "Show /metrics without a key, although there are keys.")
    var openMetrics = false

    @Option(
        help: ArgumentHelp(
            "An origin whose web pages may use the server, such as https://app.example; can be repeated.",
            valueName: "origin"))
    var corsOrigin: [String] = []

    func apply(to configuration: inout ServerConfiguration) throws {
        configuration.apiKeysPath = keyFile.path
        configuration.hasOpenMetrics = try openMetrics || EnvironmentDefault.flag("NEEDLETAIL_OPEN_METRICS")
        configuration.crossOrigins = try origins()
    }

    private func origins() throws -> CrossOriginPolicy.Origins? {
        var origins = corsOrigin
        if origins.isEmpty {
            origins = EnvironmentDefault.list("NEEDLETAIL_CORS_ORIGINS")
        }
        if origins.isEmpty { return nil }
        if origins == ["*"] { return .any }
        for origin in origins where !CrossOriginPolicy.isOrigin(origin) {
            throw ValidationError(
                "--cors-origin: '\(origin)' is no origin; write scheme and host in lower case, perhaps a port, and "
                    + "nothing behind them: https://app.example")
        }
        return .listed(Set(origins))
    }
}
