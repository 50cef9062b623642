import ArgumentParser
import InferenceService
import ModelCatalog

/// The model of a command, and how it is run.
struct ModelOption: ParsableArguments {
    @Option(
        name: [.long, .short], help: "A model's name in the store (see 'needletail list') or the path of a GGUF file.")
    var model: String?

    @Option(help: "Threads that compute. Default: all the processors this process may use.")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024.") }
    }

    /// - Returns: the name that requests use, and the file.
    func resolved() throws -> (name: String, path: String) {
        guard let model = try model ?? EnvironmentDefault.value("NEEDLETAIL_MODEL") else {
            throw ValidationError("Missing --model NAME|PATH (or NEEDLETAIL_MODEL).")
        }
        let location = try ModelStore.standard().resolve(model)
        return (location.name, location.path)
    }

    func resolvedThreads() throws -> Int? { try threads ?? EnvironmentDefault.value("NEEDLETAIL_THREADS") }

    func loader(contextLength: Int? = nil, cacheSize: CacheSize = .oneContext) throws -> ModelLoader {
        ModelLoader(threads: try resolvedThreads(), contextLength: contextLength, cacheSize: cacheSize)
    }
}
