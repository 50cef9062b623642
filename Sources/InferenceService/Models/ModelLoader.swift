import Glibc
public import Kernels
public import ModelFiles
public import Tokenization
public import Transformer

/// What a model's files hold, ready to run: the parts that serving and the commands that read text share.
public struct OpenedModel {
    public let weights: OpenedWeights
    public let tokenizer: Tokenizer
    public let text: ModelText

    public var source: ModelSource { weights.source }
    public var model: TransformerModel { weights.model }
    /// The instruction set in use.
    public var kernelsName: String { weights.kernels.name }
    public var threadCount: Int { weights.pool.threadCount }
    public var times: LoadTimes { weights.times }
}

/// A model that can compute, without a way to read text: benchmarks need no more.
public struct OpenedWeights {
    public let source: ModelSource
    public let model: TransformerModel
    public let kernels: KernelTable
    public let pool: WorkerPool
    public fileprivate(set) var times: LoadTimes
}

/// Why a model cannot be run, in words for the person who named its file.
public struct ModelLoadFailure: Error, CustomStringConvertible {
    public var path: String
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "cannot load \(path): \(reason)" }
}

/// Opens models: GGUF files and folders of the form of Hugging Face.
public struct ModelLoader: Sendable {
    /// The threads that compute; models may share them.
    public var pool: WorkerPool
    /// Positions of one sequence; nil means what the model was made for.
    public var contextLength: Int?
    /// How large the KV cache is.
    public var cacheSize: CacheSize
    /// How keys and values are kept.
    public var cacheType: CacheType
    /// How matrices are kept.
    public var quantization: WeightQuantization

    public init(
        pool: WorkerPool, contextLength: Int? = nil, cacheSize: CacheSize = .oneContext, cacheType: CacheType = .f16,
        quantization: WeightQuantization = .standard
    ) {
        self.pool = pool
        self.contextLength = contextLength
        self.cacheSize = cacheSize
        self.cacheType = cacheType
        self.quantization = quantization
    }

    /// Loads weights and tokeniser.
    ///
    /// - Throws: ``ModelLoadFailure`` with the path and what is wrong where.
    public func open(_ path: String) throws(ModelLoadFailure) -> OpenedModel {
        do {
            let stopwatch = LoadStopwatch()
            return try load(try ModelSource.open(path: path), stopwatch)
        } catch {
            throw ModelLoadFailure(path: path, reason: "\(error)")
        }
    }

    /// Loads weights and tokeniser of a model whose headers have been read.
    ///
    /// - Throws: ``ModelLoadFailure`` with the path and what is wrong where.
    public func open(_ source: ModelSource) throws(ModelLoadFailure) -> OpenedModel {
        do {
            return try load(source, LoadStopwatch())
        } catch {
            throw ModelLoadFailure(path: source.path, reason: "\(error)")
        }
    }

    /// Loads the weights alone, so the model may have a tokeniser of a kind that this version does not know, or none.
    ///
    /// - Throws: ``ModelLoadFailure`` with the path and what is wrong where.
    public func openWeights(_ path: String) throws(ModelLoadFailure) -> OpenedWeights {
        do {
            var stopwatch = LoadStopwatch()
            let source = try ModelSource.open(path: path)
            return try loadWeights(source, try Architectures.spec(of: source), &stopwatch)
        } catch {
            throw ModelLoadFailure(path: path, reason: "\(error)")
        }
    }

    private func load(_ source: ModelSource, _ started: LoadStopwatch) throws -> OpenedModel {
        var stopwatch = started
        // What can be refused without work is refused first.
        let text = try ModelText(source)
        let spec = try Architectures.spec(of: source)
        // PERF: start to ready 0.142 -> 0.120 s with SmolLM2 on two threads: the tokeniser is one thread's work.
        let tokenizer = SideTask { try text.tokenizer(rowCount: spec.vocabularySize) }
        var weights = try loadWeights(source, spec, &stopwatch)
        let result = try tokenizer.wait()
        weights.times.tokenizer = result.duration
        weights.times.total = stopwatch.total
        return OpenedModel(weights: weights, tokenizer: result.value, text: text)
    }

    /// Continues after the files have been mapped and their headers checked.
    private func loadWeights(
        _ source: ModelSource, _ spec: ModelSpec, _ stopwatch: inout LoadStopwatch
    ) throws -> OpenedWeights {
        var times = LoadTimes(map: stopwatch.lap())
        let kernels = try ModelLoader.kernels()
        var options = ModelOptions(
            pool: pool, kernels: kernels, contextLength: contextLength, cacheType: cacheType,
            quantization: quantization.format(for: source, spec, kernels))
        if let contextLength, contextLength > spec.contextLength {
            throw ContextTooLong(wanted: contextLength, most: spec.contextLength)
        }
        options.blockCount = cacheSize.blockCount(of: spec, contextLength: contextLength)
        let model = try TransformerModel.load(source, options: options)
        times.repack = stopwatch.lap()
        times.total = stopwatch.total
        return OpenedWeights(source: source, model: model, kernels: kernels, pool: pool, times: times)
    }

    /// The kernels that this process uses: the machine's best, or those that `NEEDLETAIL_KERNELS` names.
    public static func kernels() throws(KernelError) -> KernelTable {
        try KernelTable.select(environment: getenv("NEEDLETAIL_KERNELS").map { String(cString: $0) })
    }
}

/// A context that the model was not made for.
struct ContextTooLong: Error, CustomStringConvertible {
    var wanted: Int
    var most: Int
    var description: String { "a context of \(wanted) tokens is more than the \(most) that the model was made for" }
}
