import ArgumentParser
import InferenceService
import Kernels

/// The model of a command, and how it is run.
struct ModelOption: ParsableArguments {
    @Option(
        name: [.long, .short],
        help: """
            A model's name in the store (see 'needletail list'), the path of a GGUF file, or that of a Hugging Face \
            folder.
            """)
    var model: String?

    @OptionGroup var compute: ComputeOptions

    /// - Returns: the name that requests use, and the file or folder.
    func resolved() throws -> (name: String, path: String) {
        let listed = EnvironmentDefault.list("NEEDLETAIL_MODEL")
        guard let model = model ?? listed.first else {
            throw ValidationError("Missing --model NAME|PATH (or NEEDLETAIL_MODEL).")
        }
        guard self.model != nil || listed.count == 1 else {
            throw ValidationError("NEEDLETAIL_MODEL names several models; choose one with --model.")
        }
        return try ModelArgument(model).resolved()
    }

    func loader(contextLength: Int? = nil, cacheSize: CacheSize = .oneContext) throws -> ModelLoader {
        ModelLoader(
            pool: WorkerPool(threadCount: try compute.resolvedThreadCount()), contextLength: contextLength,
            cacheSize: cacheSize, cacheType: try compute.resolvedCacheType(),
            quantization: try compute.resolvedQuantization())
    }
}
