/// The metrics of one served model. Keep the value: its members need no look-up.
public struct ModelMetrics: Sendable {
    /// Sequences that take part in steps.
    public let requestsRunning: Gauge
    /// Sequences that wait to be admitted.
    public let requestsWaiting: Gauge
    /// Share of the KV cache's blocks in use, 0...1.
    public let kvCacheUsage: Gauge
    /// Blocks that no sequence uses and that hold prefixes for later ones.
    public let cachedBlocks: Gauge
    public let promptTokens: Counter
    /// Prompt tokens that were looked up in the prefix cache, and found there.
    public let cacheQueryTokens: Counter
    public let cacheHitTokens: Counter
    /// Sequences that lost their blocks and had to be computed again.
    public let preemptions: Counter
    /// The engine's steps, and the tokens of prompts and replies in them.
    public let steps: Counter
    public let steppedTokens: Counter
    public let generatedTokens: Counter
    /// Seconds from a request's arrival to its first token.
    public let timeToFirstToken: Histogram
    /// Seconds between two tokens of one reply.
    public let interTokenLatency: Histogram
    /// Seconds from a request's arrival to its end.
    public let requestDuration: Histogram
    /// Seconds from a request's arrival to its first step.
    public let queueTime: Histogram

    private let finished: [RequestEnd: Counter]

    /// Requests that ended in this way.
    public func requestsFinished(_ end: RequestEnd) -> Counter {
        guard let counter = finished[end] else { preconditionFailure("every way to end has a counter") }
        return counter
    }

    init(model: String, families: ModelMetricFamilies) {
        requestsRunning = families.requestsRunning[model]
        requestsWaiting = families.requestsWaiting[model]
        kvCacheUsage = families.kvCacheUsage[model]
        promptTokens = families.promptTokens[model]
        cachedBlocks = families.cachedBlocks[model]
        cacheQueryTokens = families.cacheQueryTokens[model]
        cacheHitTokens = families.cacheHitTokens[model]
        preemptions = families.preemptions[model]
        steps = families.steps[model]
        steppedTokens = families.steppedTokens[model]
        generatedTokens = families.generatedTokens[model]
        timeToFirstToken = families.timeToFirstToken[model]
        interTokenLatency = families.interTokenLatency[model]
        requestDuration = families.requestDuration[model]
        queueTime = families.queueTime[model]
        finished = Dictionary(
            uniqueKeysWithValues: RequestEnd.allCases.map { ($0, families.requestsFinished[model, $0.rawValue]) })
    }
}

/// How a request to a model ended.
public enum RequestEnd: String, CaseIterable, Sendable {
    case stop
    case length
    /// The client went away.
    case abort
    /// A fault or a deadline.
    case error
}
