import ArgumentParser
import InferenceService
import ModelCatalog

/// The models of a server, their names, and the memory they get.
struct ServedModelOptions: ParsableArguments {
    @Option(
        name: [.long, .short],
        help: ArgumentHelp(
            """
            A model's name in the store (see 'needletail list') or the path of a GGUF file or a Hugging Face folder, \
            perhaps with a name of its own in front. Can be repeated. Default: \
            \(Catalogue.defaultNames.joined(separator: " and ")).
            """, valueName: "[name=]model"))
    var model: [String] = []

    @Option(
        help: ArgumentHelp(
            "A further name for a model, such as gpt-4o-mini=smollm2-135m-instruct. Can be repeated.",
            valueName: "alias=name"))
    var alias: [String] = []

    @OptionGroup var compute: ComputeOptions

    @Option(
        help: ArgumentHelp(
            """
            Longest prompt and reply together, in tokens, for all models or with NAME= for one. Default: what each \
            model was made for.
            """, valueName: "[name=]n"))
    var context: [NamedValue<Int>] = []

    @Option(
        help: ArgumentHelp(
            """
            Memory for keys and values, such as 512MiB or 2GiB: for all models together, divided in proportion to what \
            each wants; with NAME= one model's part. Default: what 32,768 tokens of each model need, but at most a \
            quarter of the memory that the process may use.
            """, valueName: "[name=]bytes"))
    var kvBytes: [NamedValue<ByteCount>] = []

    @Option(
        help: """
            What holds where a request doesn't say how tokens are chosen: auto takes what the model's own files recommend \
            (generation_config.json of a folder, general.sampling in a GGUF file), none the API's defaults. Default: auto.
            """)
    var generationConfig: GenerationConfig?

    /// Whose sampling defaults hold.
    enum GenerationConfig: String, ExpressibleByArgument, CaseIterable {
        case auto
        case none
    }

    func configuration(version: String) throws -> ServerConfiguration {
        var configuration = ServerConfiguration(models: try models(), version: version)
        configuration.aliases = try aliases()
        configuration.threads = try compute.resolvedThreadCount()
        configuration.quantization = try compute.resolvedQuantization()
        configuration.cacheType = try compute.resolvedCacheType()
        let sampling = try generationConfig ?? EnvironmentDefault.value("NEEDLETAIL_GENERATION_CONFIG") ?? .auto
        configuration.usesRecommendedSampling = sampling == .auto
        let names = configuration.models.map(\.name)
        let contexts = try PerModel(
            context.isEmpty ? EnvironmentDefault.values("NEEDLETAIL_CONTEXT") : context, models: names,
            option: "--context")
        let kvBytes = try PerModel(
            kvBytes.isEmpty ? EnvironmentDefault.values("NEEDLETAIL_KV_BYTES") : kvBytes, models: names,
            option: "--kv-bytes")
        for value in contexts.own.values + [contexts.others ?? 1] where value < 1 {
            throw ValidationError("--context must be at least 1.")
        }
        configuration.contextLength = contexts.others
        configuration.cacheByteCount = kvBytes.others?.bytes
        for index in configuration.models.indices {
            configuration.models[index].contextLength = contexts.own[names[index]]
            configuration.models[index].cacheByteCount = kvBytes.own[names[index]]?.bytes
        }
        return configuration
    }

    private func models() throws -> [ServedModel] {
        let listed = model.isEmpty ? EnvironmentDefault.list("NEEDLETAIL_MODEL") : model
        return try (listed.isEmpty ? Catalogue.defaultNames : listed).map { text in
            let (name, path) = try ModelArgument(text).resolved()
            return ServedModel(name: name, path: path)
        }
    }

    private func aliases() throws -> [ModelAlias] {
        let aliases = alias.isEmpty ? EnvironmentDefault.list("NEEDLETAIL_ALIASES") : alias
        return try aliases.map { text in
            guard let named = NamedText(text) else {
                throw ValidationError("--alias: '\(text)' is not of the form ALIAS=NAME.")
            }
            return ModelAlias(name: named.name, model: named.value)
        }
    }
}
