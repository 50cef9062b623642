public import Kernels

/// How a model is to be run: everything that isn't in its file.
public struct ModelOptions: Sendable {
    /// The threads that compute. Models may share a pool: their loops take turns.
    public var pool: WorkerPool
    /// The kernels to use.
    public var kernels: KernelTable
    /// Positions of one sequence at most; nil means what the model was made for.
    public var contextLength: Int?
    /// Blocks of the key-value cache, of ``KeyValueLayout/blockLength`` positions each.
    ///
    /// nil means as many as one sequence of the full context length needs.
    public var blockCount: Int?
    /// How keys and values are kept.
    public var cacheType: CacheType
    /// The format in which matrices of floats are packed; nil means as they are.
    ///
    /// Matrices that the file has quantised stay as they are in any case.
    public var quantization: WeightFormat?

    public init(
        pool: WorkerPool, kernels: KernelTable, contextLength: Int? = nil, blockCount: Int? = nil,
        cacheType: CacheType = .f16, quantization: WeightFormat? = nil
    ) {
        self.pool = pool
        self.kernels = kernels
        self.contextLength = contextLength
        self.blockCount = blockCount
        self.cacheType = cacheType
        self.quantization = quantization
    }
}
