import ChatTemplate
import Engine
import Glibc
import Kernels
import Logging
import ModelFiles
import OpenAIAPI
import Telemetry
import Transformer

/// Loads the models of a server: all of them, or none.
struct ServedModelLoader {
    let configuration: ServerConfiguration
    let metrics: ServerMetrics
    let logger: Logger

    /// What a model's files say before any weights are read.
    private struct Header {
        var model: ServedModel
        var source: ModelSource
        var contextLength: Int?
        var demand: MemoryDemand
    }

    /// Opens the files and starts an engine for each. All engines compute on the threads of one pool.
    ///
    /// One model after the other: packing keeps all threads busy by itself.
    /// PERF: all at once -> one after the other: start to ready with three models 3.1 -> 1.5 s (medians of six, in turns,
    /// on two cores with other work on them).
    ///
    /// - Throws: an error that names the model, or says by how much the memory is too small.
    func load() throws -> [LoadedModel] {
        // All headers come first: what can be refused without work is refused before the first weight is packed.
        let headers = try configuration.models.map { model in try naming(model) { try header(of: model) } }
        let available = Memory.available
        let plan = try MemoryPlan(
            headers.map(\.demand), cacheByteCount: configuration.cacheByteCount, available: available)
        let pool = WorkerPool(threadCount: configuration.threads ?? WorkerPool.defaultThreadCount())
        var models: [LoadedModel] = []
        for (header, blockCount) in zip(headers, plan.blockCounts) {
            models.append(try naming(header.model) { try load(header, blockCount: blockCount, pool: pool) })
        }
        // Packed weights may be larger than the file's.
        let weights = models.reduce(0) { $0 + $1.weightByteCount }
        try MemoryPlan.check(weights: weights, caches: plan.cacheByteCount, available: available)
        logger.info(
            "memory",
            metadata: [
                "weights_mb": "\(weights / 1_000_000)",
                "kv_cache_mb": "\(plan.cacheByteCount / 1_000_000)", "available_mb": "\(available / 1_000_000)",
                "models": "\(models.count)",
            ])
        return models
    }

    /// What is asked for all models is the most that they get; some are made for less.
    private func contextLength(of model: ServedModel, _ spec: ModelSpec) -> Int? {
        let common =
            configuration.models.count > 1
            ? configuration.contextLength.map { min($0, spec.contextLength) } : configuration.contextLength
        return model.contextLength ?? common ?? affordableContextLength(of: model, spec)
    }

    /// How much of the context of a model with two kinds of rotation factors the memory has room for, if not for all of
    /// it: such contexts are made by stretching short ones, and a tenth of one may be more than a machine has.
    private func affordableContextLength(of model: ServedModel, _ spec: ModelSpec) -> Int? {
        guard let limit = spec.longTextLimit else { return nil }
        let blockByteCount = KeyValueLayout(spec, type: configuration.cacheType).bytesPerBlock
        let share =
            model.cacheByteCount ?? (configuration.cacheByteCount ?? Memory.available / 4) / configuration.models.count
        let room = share / max(1, blockByteCount) * KeyValueLayout.blockLength
        return room >= spec.contextLength ? nil : min(spec.contextLength, max(limit, room))
    }

    private func header(of model: ServedModel) throws(ModelLoadFailure) -> Header {
        do {
            let source = try ModelSource.open(path: model.path)
            let spec = try Architectures.spec(of: source)
            let wanted = contextLength(of: model, spec)
            if let wanted, wanted > spec.contextLength {
                throw ContextTooLong(wanted: wanted, most: spec.contextLength)
            }
            // Encoders keep nothing between steps.
            let context = spec.needsCache ? CacheSize.oneContext.blockCount(of: spec, contextLength: wanted) : 0
            let format = configuration.quantization.format(for: source, spec, try ModelLoader.kernels())
            let demand = MemoryDemand(
                name: model.name, weightByteCount: source.packedByteCount(quantizingTo: format),
                blockByteCount: spec.needsCache
                    ? KeyValueLayout(spec, type: configuration.cacheType).bytesPerBlock : 0,
                contextBlockCount: context, fixedByteCount: model.cacheByteCount)
            return Header(model: model, source: source, contextLength: wanted, demand: demand)
        } catch {
            throw ModelLoadFailure(path: model.path, reason: "\(error)")
        }
    }

    private func load(_ header: Header, blockCount: Int, pool: WorkerPool) throws -> LoadedModel {
        let model = header.model
        let loader = ModelLoader(
            pool: pool, contextLength: header.contextLength,
            cacheSize: blockCount > 0 ? .blocks(blockCount) : .oneContext,
            cacheType: configuration.cacheType, quantization: configuration.quantization)
        let opened = try loader.open(header.source)
        // A server has been promised this memory, and its first requests do not wait for it.
        opened.model.prefaultCache()
        let template = try opened.text.chatTemplate.map { try ChatTemplate(source: $0) }
        let (tokenizer, times) = (opened.tokenizer, opened.times)
        let texts = try TextAbilities(opened)
        let sampling = configuration.usesRecommendedSampling ? try header.source.recommendedSampling() : nil
        let (blockLength, weightByteCount) = (opened.model.blockLength, opened.model.weightByteCount)
        logger.info(
            "loaded \(model.name)",
            metadata: [
                "kernels": "\(opened.kernelsName)",
                "threads": "\(opened.threadCount)", "weights_mb": "\(weightByteCount / 1_000_000)",
                "kv_cache_mb": "\(opened.model.cacheByteCount / 1_000_000)",
                "kv_cache_tokens": "\(blockCount * blockLength)", "kv_type": "\(configuration.cacheType.rawValue)",
                "context": "\(opened.model.contextLength)", "seconds": "\(times.total.hundredths) (\(times))",
            ])
        let engine = Engine(model: opened.model, tokenizer: tokenizer, configuration: configuration.engine)
        return LoadedModel(
            id: model.name, engine: engine, tokenizer: tokenizer, chatTemplate: template,
            created: FileTime.modified(model.path),
            metrics: metrics.model(model.name, blockSize: blockLength, blockCount: blockCount),
            fingerprint: "needletail-\(configuration.version)", longestRequest: configuration.longestRequest,
            weightByteCount: weightByteCount, texts: texts,
            samplingDefaults: sampling.map(SamplingDefaults.init) ?? SamplingDefaults())
    }

    private func naming<Result>(_ model: ServedModel, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw ServedModelFailure(model: model.name, reason: "\(error)")
        }
    }
}

extension SamplingDefaults {
    init(_ recommended: RecommendedSampling) {
        self.init(
            temperature: recommended.temperature, topP: recommended.topP, topK: recommended.topK,
            minP: recommended.minP, repetitionPenalty: recommended.repetitionPenalty)
    }
}

/// Why a server's model could not be loaded.
struct ServedModelFailure: Error, CustomStringConvertible {
    var model: String
    var reason: String
    var description: String { "model '\(model)': \(reason)" }
}

enum FileTime {
    /// Seconds since 1970 of a file's last change; 0 if it cannot be told.
    static func modified(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }
}
