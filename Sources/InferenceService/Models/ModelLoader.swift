import Glibc
public import Kernels
public import ModelFiles
public import Tokenization
public import Transformer

/// What a model file holds, ready to run: the parts that serving and the commands that read text share.
public struct OpenedModel {
    public let weights: OpenedWeights
    public let tokenizer: Tokenizer
    public let metadata: TokenizerMetadata

    public var file: GGUFFile { weights.file }
    public var model: TransformerModel { weights.model }
    /// The instruction set in use.
    public var kernelsName: String { weights.kernels.name }
    public var threadCount: Int { weights.pool.threadCount }
    public var times: LoadTimes { weights.times }
}

/// A model that can compute, without a way to read text: benchmarks need no more.
public struct OpenedWeights {
    public let file: GGUFFile
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

/// Opens model files.
public struct ModelLoader: Sendable {
    /// The threads that compute; models may share them.
    public var pool: WorkerPool
    /// Positions of one sequence; nil means what the model was made for.
    public var contextLength: Int?
    /// How large the KV cache is.
    public var cacheSize: CacheSize
    /// How keys and values are kept.
    public var cacheType: CacheType

    public init(
        pool: WorkerPool, contextLength: Int? = nil, cacheSize: CacheSize = .oneContext, cacheType: CacheType = .f16
    ) {
        self.pool = pool
        self.contextLength = contextLength
        self.cacheSize = cacheSize
        self.cacheType = cacheType
    }

    /// Loads weights and tokeniser.
    ///
    /// - Throws: ``ModelLoadFailure`` with the path and what is wrong where.
    public func open(_ path: String) throws(ModelLoadFailure) -> OpenedModel {
        do {
            let stopwatch = LoadStopwatch()
            return try load(try GGUFFile(path: path), stopwatch)
        } catch {
            throw ModelLoadFailure(path: path, reason: "\(error)")
        }
    }

    /// Loads weights and tokeniser of a file whose header has been read.
    ///
    /// - Throws: ``ModelLoadFailure`` with the path and what is wrong where.
    public func open(_ file: GGUFFile) throws(ModelLoadFailure) -> OpenedModel {
        do {
            return try load(file, LoadStopwatch())
        } catch {
            throw ModelLoadFailure(path: file.path, reason: "\(error)")
        }
    }

    /// Loads the weights alone, so the file's tokeniser may be of a kind that this version does not know.
    ///
    /// - Throws: ``ModelLoadFailure`` with the path and what is wrong where.
    public func openWeights(_ path: String) throws(ModelLoadFailure) -> OpenedWeights {
        do {
            var stopwatch = LoadStopwatch()
            return try loadWeights(try GGUFFile(path: path), &stopwatch)
        } catch {
            throw ModelLoadFailure(path: path, reason: "\(error)")
        }
    }

    private func load(_ file: GGUFFile, _ started: LoadStopwatch) throws -> OpenedModel {
        var stopwatch = started
        // What can be refused without work is refused first.
        let metadata = try TokenizerMetadata(file.metadata)
        let vocabulary = try Vocabulary(metadata)
        let spec = try Architectures.spec(of: file)
        guard metadata.tokens.count <= spec.vocabularySize else {
            throw VocabularyMismatch(tokens: metadata.tokens.count, rows: spec.vocabularySize)
        }
        // PERF: start to ready 0.142 -> 0.120 s with SmolLM2 on two threads: the tokeniser is one thread's work.
        let tokenizer = SideTask { try Tokenizer(vocabulary) }
        var weights = try loadWeights(file, &stopwatch)
        let result = try tokenizer.wait()
        weights.times.tokenizer = result.duration
        weights.times.total = stopwatch.total
        return OpenedModel(weights: weights, tokenizer: result.value, metadata: metadata)
    }

    /// Continues after the file has been mapped and its header checked.
    private func loadWeights(_ file: GGUFFile, _ stopwatch: inout LoadStopwatch) throws -> OpenedWeights {
        var times = LoadTimes(map: stopwatch.lap())
        let kernels = try ModelLoader.kernels()
        var options = ModelOptions(
            pool: pool, kernels: kernels, contextLength: contextLength, cacheType: cacheType)
        let spec = try Architectures.spec(of: file)
        if let contextLength, contextLength > spec.contextLength {
            throw ContextTooLong(wanted: contextLength, most: spec.contextLength)
        }
        options.blockCount = cacheSize.blockCount(of: spec, contextLength: contextLength)
        let model = try TransformerModel.load(file, options: options)
        times.repack = stopwatch.lap()
        times.total = stopwatch.total
        return OpenedWeights(file: file, model: model, kernels: kernels, pool: pool, times: times)
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

/// The file's token list and its embedding contradict each other: a token without a row cannot be computed.
struct VocabularyMismatch: Error, CustomStringConvertible {
    var tokens: Int
    var rows: Int
    var description: String { "tokenizer.ggml.tokens has \(tokens) entries, but the embedding only \(rows) rows" }
}

/// A kind of tokeniser that this version does not have.
struct UnsupportedTokenizer: Error, CustomStringConvertible {
    var model: String
    var description: String {
        "tokenizer.ggml.model is '\(model)'; this version runs 'gpt2' (byte-level BPE), 'llama' (SentencePiece), "
            + "'t5' (Unigram) and 'bert' (WordPiece)"
    }
}

extension Vocabulary {
    /// The tokeniser section of a file in the tokeniser's terms.
    init(_ metadata: TokenizerMetadata) throws(UnsupportedTokenizer) {
        let schemes: [String: Scheme] = [
            "gpt2": .byteLevelBPE, "llama": .sentencePieceBPE, "t5": .unigram, "bert": .wordPiece,
        ]
        guard let scheme = schemes[metadata.model] else { throw UnsupportedTokenizer(model: metadata.model) }
        func id(_ value: Int?) -> TokenID? { value.map { TokenID(rawValue: Int32($0)) } }
        self.init(
            scheme: scheme, preTokenizer: metadata.pre ?? "default", tokens: metadata.tokens,
            kinds: metadata.kinds?.map { Int32($0.rawValue) } ?? [], merges: metadata.merges ?? [],
            scores: metadata.scores ?? [],
            special: SpecialTokens(
                bos: id(metadata.special.bos), eos: id(metadata.special.eos), eot: id(metadata.special.eot),
                eom: id(metadata.special.eom), unknown: id(metadata.special.unknown),
                padding: id(metadata.special.padding), infillPrefix: id(metadata.special.infillPrefix),
                infillSuffix: id(metadata.special.infillSuffix), infillMiddle: id(metadata.special.infillMiddle),
                classification: id(metadata.special.classification), separator: id(metadata.special.separator),
                mask: id(metadata.special.mask)),
            addsBOS: metadata.addsBOS, addsEOS: metadata.addsEOS, addsSeparator: metadata.addsSeparator,
            addsSpacePrefix: metadata.addsSpacePrefix, removesExtraWhitespace: metadata.removesExtraWhitespace,
            precompiledCharacterMap: metadata.precompiledCharacterMap ?? [])
    }
}
