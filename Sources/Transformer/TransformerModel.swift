import Kernels
public import ModelFiles

/// A transformer with its weights, its cache of keys and values, and the memory of a step.
///
/// It computes whatever its ``ModelSpec`` says; there is one class for all families. It belongs to one thread at a
/// time.
public final class TransformerModel: StepModel {
    public let spec: ModelSpec
    /// Positions of one sequence at most: the spec's, or fewer when the options say so.
    public let contextLength: Int

    let pool: WorkerPool
    let kernels: FloatKernels
    let weights: ModelWeights
    let cache: KeyValueCache
    let buffers: StepBuffers
    /// The angles per position of each distinct rotation.
    let inverseFrequencies: [FloatBuffer]
    /// The same in texts longer than ``longTextLimit``.
    let longInverseFrequencies: [FloatBuffer]
    /// The most rows of a tile of attention.
    let tileLength: Int
    /// Floats of the partial results of one range of a tile, over all key-value heads of a layer.
    private let partialFloatCount: Int
    var plan = StepPlan()
    public private(set) var lastTurn = StepTurn()

    public var vocabularySize: Int { spec.vocabularySize }
    public var embeddingLength: Int { spec.embeddingLength }
    public var classCount: Int { buffers.sizes.labels }
    public var blockLength: Int { KeyValueLayout.blockLength }
    public var blockCount: Int { needsCache ? cache.blockCount : 0 }
    public let needsCache: Bool
    public let longTextLimit: Int?
    /// Bytes of the packed weights, without the embedding rows that stay in the file.
    public var weightByteCount: Int { weights.byteCount }
    /// Bytes reserved for keys and values; memory comes in as blocks are used.
    public var cacheByteCount: Int { needsCache ? cache.byteCount : 0 }

    /// Binds the weights of a model.
    ///
    /// Weights are repacked for the kernels on all threads of the pool; the source stays mapped for the embedding.
    ///
    /// - Throws: ``ModelLoadError``
    public static func load(_ source: ModelSource, options: ModelOptions) throws(ModelLoadError) -> TransformerModel {
        let (spec, tensors) = try Architectures.model(in: source)
        return try TransformerModel(spec: spec, tensors: tensors, options: options)
    }

    /// Binds the weights of a GGUF file.
    public static func load(_ file: GGUFFile, options: ModelOptions) throws(ModelLoadError) -> TransformerModel {
        try load(.gguf(file), options: options)
    }

    init(spec: ModelSpec, tensors: TensorMap, options: ModelOptions) throws(ModelLoadError) {
        contextLength = min(options.contextLength ?? spec.contextLength, spec.contextLength)
        precondition(contextLength > 0, "a context has at least one position")
        let spec = spec.fitted(toContext: contextLength)
        self.spec = spec
        needsCache = spec.needsCache
        longTextLimit = spec.longTextLimit
        pool = options.pool
        kernels = FloatKernels(options.kernels)
        weights = try ModelWeights(spec: spec, map: tensors, options: options)
        // Nothing is ever written to an encoder's.
        let blockCount =
            needsCache ? options.blockCount ?? KeyValueLayout.blockCount(forTokens: contextLength) : 1
        cache = try KeyValueCache(layout: KeyValueLayout(spec, type: options.cacheType), blockCount: blockCount)
        inverseFrequencies = weights.ropes.map { FloatBuffer($0.inverseFrequencies()) }
        longInverseFrequencies = weights.ropes.map { FloatBuffer($0.inverseFrequencies(isLong: true)) }
        let sizes = StepBuffers.Sizes(spec, cacheType: options.cacheType, ropes: weights.ropes)
        do {
            buffers = try StepBuffers(
                sizes: sizes, memberCount: options.pool.threadCount, kernels: options.kernels)
        } catch {
            throw .kernels(error)
        }
        tileLength = Self.tileLength(spec)
        partialFloatCount = Self.partialFloatCount(spec, tileLength: tileLength)
    }

    public func step(_ segments: [Segment]) throws -> StepOutput {
        try StepPlan.validate(
            segments, spec: spec, contextLength: contextLength, longTextLimit: longTextLimit, blockCount: blockCount)
        var scoredPooling = Pooling.first
        if case .labels(_, let pooling) = spec.head?.output { scoredPooling = pooling }
        plan.rebuild(
            segments, needsCache: needsCache, scoredPooling: scoredPooling, tileLength: tileLength,
            unitTarget: 2 * pool.threadCount)
        try reserve()
        let clock = ContinuousClock(), asked = clock.now
        var began = asked
        // A step is one team from its first loop to its last, see decision 6.
        pool.run { member in
            // The first member is this thread.
            if member.number == 0 { began = clock.now }
            embed(member)
            for index in weights.layers.indices { compute(layer: index, member) }
            computeOutputs(member)
        }
        lastTurn = StepTurn(wait: began - asked, othersWait: pool.waitingCount > 0)
        return StepOutput(
            logits: .init(start: buffers.logits.pointer, count: plan.logitRows.count * vocabularySize),
            pooled: .init(start: buffers.pooled.pointer, count: plan.vectorPools.count * spec.embeddingLength),
            classes: .init(start: buffers.classes.pointer, count: plan.scoredPools.count * classCount))
    }

    /// Brings in the memory of keys and values: enough for a burst of requests at once, the rest in the background.
    /// Otherwise it comes in as blocks are used.
    ///
    /// PERF: a step that is the first to use a shelf of blocks 50 -> 17 ms with SmolLM2, where the system takes 35 ms
    /// for 12 MB.
    public func prefaultCache() {
        if needsCache { cache.prefault(atOnce: 256 << 20, pool: pool) }
    }

    private func reserve() throws {
        let headRowCount = plan.logitRows.count + plan.poolCount
        try buffers.reserve(plan, termCount: max(plan.rowCount * layerTermCount, headRowCount * outputTermCount))
        let partialCount = max(plan.attention.partialCount, plan.outputAttention.partialCount)
        buffers.partials.reserve(max(partialCount, plan.oneRowRangeCount) * partialFloatCount)
    }

    private func compute(layer index: Int, _ member: TeamMember) {
        let mixed = attend(layer: index, member)
        if weights.layers[index].isParallel {
            // What was mixed waits, because the feed-forward reads the same hidden state as the mixer.
            announceFeedForward(layer: index, rowCount: mixed.rowCount, member)
            feedForward(layer: index, rowCount: mixed.rowCount, member)
            add(mixed, layer: index, member)
        } else {
            add(mixed, layer: index, member)
            feedForward(layer: index, rowCount: mixed.rowCount, member)
        }
    }

    public func copyBlock(from source: Int32, to destination: Int32) {
        cache.copyBlock(from: Int(source), to: Int(destination))
    }

    /// As many positions as share a key that is loaded, without making too few tiles of a prompt. Of a text that isn't in
    /// a cache, each tile brings the keys into their form.
    private static func tileLength(_ spec: ModelSpec) -> Int {
        let largestGroup = spec.attentions.map(\.groupSize).max() ?? 1
        let most = AttentionTile.maximumRowCount / largestGroup
        return max(1, spec.needsCache ? min(16, most) : most)
    }

    private static func partialFloatCount(_ spec: ModelSpec, tileLength: Int) -> Int {
        // Partial results are floats whatever the cache is.
        spec.attentions.map { $0.keyValueHeadCount * $0.tileShape(.f16).partialFloatCount(positionCount: tileLength) }
            .max() ?? 0
    }
}
