import ChatTemplate
import Engine
import Glibc
import Kernels
import Logging
import ModelFiles
import Telemetry
import Transformer

extension LoadedModel {
    /// Opens a model file and starts its engine.
    static func load(
        _ configuration: ServerConfiguration, metrics: ServerMetrics, logger: Logger
    ) throws -> LoadedModel {
        let loader = ModelLoader(
            threads: configuration.threads, contextLength: configuration.contextLength,
            cacheSize: configuration.cacheByteCount.map { .bytes($0) } ?? .server, cacheType: configuration.cacheType)
        let opened = try loader.open(configuration.modelPath)
        let template = try opened.metadata.chatTemplate.map { try ChatTemplate(source: $0) }
        let (blockLength, blockCount) = (opened.model.blockLength, opened.model.blockCount)
        let (tokenizer, times) = (opened.tokenizer, opened.times)
        logger.info(
            "loaded \(configuration.modelName)",
            metadata: [
                "kernels": "\(opened.kernelsName)",
                "threads": "\(opened.threadCount)", "weights_mb": "\(opened.model.weightByteCount / 1_000_000)",
                "kv_cache_mb": "\(opened.model.cacheByteCount / 1_000_000)",
                "kv_cache_tokens": "\(blockCount * blockLength)", "kv_type": "\(configuration.cacheType.rawValue)",
                "context": "\(opened.model.contextLength)",
            ])
        let engine = Engine(model: opened.model, tokenizer: tokenizer, configuration: configuration.engine)
        return LoadedModel(
            id: configuration.modelName, engine: engine, tokenizer: tokenizer, chatTemplate: template,
            created: FileTime.modified(configuration.modelPath),
            metrics: metrics.model(configuration.modelName, blockSize: blockLength, blockCount: blockCount),
            fingerprint: "needletail-\(configuration.version)", loadTimes: times,
            longestRequest: configuration.longestRequest)
    }
}

enum FileTime {
    /// Seconds since 1970 of a file's last change; 0 if it cannot be told.
    static func modified(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }
}
