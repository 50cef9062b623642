public import ArgumentParser
import InferenceService
import ModelCatalog
public import Kernels

/// The model of a command, and how it is run.
struct ModelOption: ParsableArguments {
    @Option(
        name: [.long, .short], help: "A model's name in the store (see 'needletail list') or the path of a GGUF file.")
    var model: String?

    @Option(help: "Threads that compute. Default: all the processors this process may use.")
    var threads: Int?

    @Option(
        help: """
            How keys and values are kept: f16 (16 bits a number) or q8_0 (8 bits and scales, about half the memory). \
            Default: f16.
            """)
    var kvType: CacheType?

    /// - Returns: the name that requests use, and the file.
    func resolved() throws -> (name: String, path: String) {
        guard let model = try model ?? EnvironmentDefault.value("NEEDLETAIL_MODEL") else {
            throw ValidationError("Missing --model NAME|PATH (or NEEDLETAIL_MODEL).")
        }
        let location = try ModelStore.standard().resolve(model)
        guard location.format == .gguf else {
            throw ValidationError("\(location.name) is a Hugging Face folder; this version runs GGUF files.")
        }
        return (location.name, location.path)
    }

    func resolvedThreads() throws -> Int? {
        let threads = try threads ?? EnvironmentDefault.value("NEEDLETAIL_THREADS")
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads (or NEEDLETAIL_THREADS) must be 1 to 1024, not \(threads).")
        }
        return threads
    }

    func resolvedCacheType() throws -> CacheType {
        try kvType ?? EnvironmentDefault.value("NEEDLETAIL_KV_TYPE") ?? .f16
    }

    func loader(contextLength: Int? = nil, cacheSize: CacheSize = .oneContext) throws -> ModelLoader {
        ModelLoader(
            threads: try resolvedThreads(), contextLength: contextLength, cacheSize: cacheSize,
            cacheType: try resolvedCacheType())
    }
}

extension CacheType: ExpressibleByArgument {}
