import Glibc
import Kernels
public import ModelFiles
public import Tokenization
public import Transformer

/// What a model file holds, ready to run: the parts that serving, benchmarks and the other commands share.
public struct OpenedModel {
    public let file: GGUFFile
    public let tokenizer: Tokenizer
    public let model: TransformerModel
    public let metadata: TokenizerMetadata
    /// The instruction set in use.
    public let kernelsName: String
    public let threadCount: Int
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
    /// Threads that compute; nil means all the processors this process may use.
    public var threads: Int?
    /// Positions of one sequence; nil means what the model was made for.
    public var contextLength: Int?
    /// How large the KV cache is.
    public var cacheSize: CacheSize

    public init(threads: Int? = nil, contextLength: Int? = nil, cacheSize: CacheSize = .oneContext) {
        self.threads = threads
        self.contextLength = contextLength
        self.cacheSize = cacheSize
    }

    /// - Throws: ``ModelLoadFailure`` with the path and what is wrong where.
    public func open(_ path: String) throws(ModelLoadFailure) -> OpenedModel {
        do {
            return try load(path)
        } catch {
            throw ModelLoadFailure(path: path, reason: "\(error)")
        }
    }

    private func load(_ path: String) throws -> OpenedModel {
        let file = try GGUFFile(path: path)
        let metadata = try TokenizerMetadata(file.metadata)
        let tokenizer = try Tokenizer(Vocabulary(metadata))
        let pool = WorkerPool(threadCount: threads ?? WorkerPool.defaultThreadCount())
        let kernels = try KernelTable.select(environment: getenv("NEEDLETAIL_KERNELS").map { String(cString: $0) })
        var options = ModelOptions(pool: pool, kernels: kernels, contextLength: contextLength)
        let spec = try Architectures.spec(of: file)
        if let contextLength, contextLength > spec.contextLength {
            throw ContextTooLong(wanted: contextLength, most: spec.contextLength)
        }
        guard tokenizer.vocabularySize <= spec.vocabularySize else {
            throw VocabularyMismatch(tokens: tokenizer.vocabularySize, rows: spec.vocabularySize)
        }
        options.blockCount = cacheSize.blockCount(of: spec, contextLength: contextLength)
        let model = try TransformerModel.load(file, options: options)
        return OpenedModel(
            file: file, tokenizer: tokenizer, model: model, metadata: metadata, kernelsName: kernels.name,
            threadCount: pool.threadCount)
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
    var description: String { "tokenizer.ggml.model is '\(model)'; this version runs 'gpt2' (byte-level BPE)" }
}

extension Vocabulary {
    /// The tokeniser section of a file in the tokeniser's terms.
    init(_ metadata: TokenizerMetadata) throws(UnsupportedTokenizer) {
        guard metadata.model == "gpt2" else { throw UnsupportedTokenizer(model: metadata.model) }
        func id(_ value: Int?) -> TokenID? { value.map { TokenID(rawValue: Int32($0)) } }
        self.init(
            scheme: .byteLevelBPE, preTokenizer: metadata.pre ?? "default", tokens: metadata.tokens,
            kinds: metadata.kinds?.map { Int32($0.rawValue) } ?? [], merges: metadata.merges ?? [],
            special: SpecialTokens(
                bos: id(metadata.special.bos), eos: id(metadata.special.eos), eot: id(metadata.special.eot),
                eom: id(metadata.special.eom), unknown: id(metadata.special.unknown),
                padding: id(metadata.special.padding)),
            addsBOS: metadata.addsBOS, addsEOS: metadata.addsEOS)
    }
}
