import Engine
import HTTPServer
import HTTPTypes
import OpenAIAPI
import RequestLog
import Synchronization
import Telemetry

/// What one request used, gathered while it runs and written once, when both its handler and its exchange are over.
///
/// Which of the two ends first depends on who gives up: a client that vanishes ends the exchange, and the handler learns
/// of it later, with the last token counts. If it vanishes before the handler has even begun, the row is written then;
/// what the handler still does before it learns of it changes nothing.
final class RequestAccount: Sendable {
    private struct State {
        var record: RequestRecord
        var metrics: ModelMetrics?
        var isHandlerRunning = false
        var summary: RequestSummary?
        /// Completion tokens of each choice.
        var completionTokens: [Int: Int] = [:]
        var end: RequestEnd?
        var isWritten = false
    }

    private let state: Mutex<State>
    let receivedAt: ContinuousClock.Instant
    let caller: Caller
    private let write: @Sendable (RequestRecord) -> Void

    /// With whom the request shares turns and cached prefixes.
    var tenant: Tenant { caller.tenant }

    /// - Parameter write: takes the finished row; called once.
    init(
        id: String, endpoint: String, receivedAt: ContinuousClock.Instant, receivedUnixMilliseconds: Int64,
        caller: Caller = .anonymous, write: @escaping @Sendable (RequestRecord) -> Void
    ) {
        self.receivedAt = receivedAt
        self.caller = caller
        self.write = write
        state = Mutex(
            State(
                record: RequestRecord(
                    id: id, receivedUnixMilliseconds: receivedUnixMilliseconds, keyID: caller.principal?.id,
                    keyLabel: caller.principal?.name, endpoint: endpoint, status: 0, totalMilliseconds: 0)))
    }

    /// The request was refused before any handler saw it.
    func refused(with error: APIError) {
        state.withLock { $0.record.errorCode = error.code ?? error.type }
    }

    // MARK: What the handler tells

    func handlerBegan() { state.withLock { $0.isHandlerRunning = true } }

    func handlerEnded() { complete { $0.isHandlerRunning = false } }

    func use(_ model: LoadedModel, isStreamed: Bool, promptTokens: Int) {
        state.withLock { state in
            state.record.model = model.id
            state.record.isStreamed = isStreamed
            state.record.promptTokens = promptTokens
            state.metrics = model.metrics
        }
    }

    /// Takes the tokens that the request may need from its key's limit; they are settled when it is over.
    ///
    /// - Parameter replies: how many are generated, `maxTokens` each; nil means as many as there is room for.
    func reserve(promptTokens: Int, replies: Int, maxTokens: Int?) throws(APIError) {
        try caller.allowance?.reserve(promptTokens: promptTokens, replies: replies, maxTokens: maxTokens)
    }

    func fail(_ error: APIError) {
        state.withLock { state in
            state.record.errorCode = error.code ?? error.type
            state.end = .error
        }
    }

    func cancel() {
        state.withLock { state in
            state.record.isClientCancelled = true
            state.end = .abort
        }
    }

    /// A choice got its first token, after so long since the request arrived.
    func firstToken(after duration: Duration) {
        state.withLock { state in
            guard state.record.timeToFirstTokenMilliseconds == nil else { return }
            state.record.timeToFirstTokenMilliseconds = duration.milliseconds
            state.metrics?.timeToFirstToken.observe(duration)
        }
    }

    func token(after interval: Duration) {
        state.withLock { $0.metrics?.interTokenLatency.observe(interval) }
    }

    func generated(_ count: Int, choice: Int) {
        state.withLock { state in
            let previous = state.completionTokens.updateValue(count, forKey: choice) ?? 0
            state.metrics?.generatedTokens.increment(by: count - previous)
        }
    }

    /// - Parameter countsPrompt: whether this choice stands for its prompt's tokens, which several choices share.
    func finish(_ summary: GenerationSummary, countsPrompt: Bool) {
        state.withLock { state in
            if let startedAt = summary.startedAt {
                // The request left the queue with the first of its choices.
                let queued = (startedAt - summary.submittedAt).milliseconds
                state.record.queueMilliseconds = min(state.record.queueMilliseconds ?? queued, queued)
            }
            if countsPrompt { state.record.cachedTokens += summary.cachedTokenCount }
            switch summary.finishReason {
            // Several choices: a cut one decides, because it is what the caller may want to act on.
            case .length: state.end = .length
            case .stop: state.end = state.end ?? .stop
            // Told by `fail` or `cancel`, with the error that the client gets.
            case .aborted, .slowReader, .timedOut, .queuedTooLong, .displaced, .failed: break
            }
        }
    }

    /// All that will be generated is there: settles with the key's limits.
    ///
    /// Called before the last bytes of a reply are sent. A client that has them may ask again at once, and must find its
    /// place free and the tokens that it did not use.
    func settle() {
        let used = state.withLock { $0.record.promptTokens + $0.completionTokens.values.reduce(0, +) }
        caller.allowance?.end(usedTokens: used)
    }

    // MARK: What the connection tells

    func exchangeEnded(_ summary: RequestSummary) { complete { $0.summary = summary } }

    private func complete(_ change: (inout State) -> Void) {
        let finished = state.withLock { state -> (RequestRecord, ModelMetrics?, RequestEnd?)? in
            change(&state)
            guard !state.isHandlerRunning, !state.isWritten, let summary = state.summary else { return nil }
            state.isWritten = true
            var record = state.record
            record.status = summary.status?.code ?? 499
            record.isClientCancelled = record.isClientCancelled || summary.outcome == .clientGone
            record.totalMilliseconds = summary.duration.milliseconds
            record.completionTokens = state.completionTokens.values.reduce(0, +)
            let end = summary.outcome == .clientGone ? .abort : state.end
            record.finishReason = end?.rawValue
            return (record, state.metrics, end)
        }
        guard let (record, metrics, end) = finished else { return }
        if let metrics, let end {
            metrics.requestsFinished(end).increment()
            metrics.requestDuration.observe(record.totalMilliseconds / 1000)
            if let queued = record.queueMilliseconds { metrics.queueTime.observe(queued / 1000) }
            metrics.promptTokens.increment(by: record.promptTokens)
        }
        // A request that failed before its first step has cost nothing.
        let wasServed = end != .error || record.queueMilliseconds != nil || record.completionTokens > 0
        caller.allowance?.end(usedTokens: wasServed ? record.promptTokens + record.completionTokens : 0)
        write(record)
    }
}

/// Times the tokens of one choice for its request's account.
struct ChoiceMeter {
    private let account: RequestAccount
    private let index: Int
    private let countsPrompt: Bool
    private var lastTokenAt: ContinuousClock.Instant?

    /// - Parameter choicesPerPrompt: neighbouring choices that share one prompt, whose tokens count once.
    init(account: RequestAccount, index: Int, choicesPerPrompt: Int) {
        self.account = account
        self.index = index
        countsPrompt = index.isMultiple(of: choicesPerPrompt)
    }

    mutating func record(completionTokenCount: Int) {
        let now = ContinuousClock.now
        if let lastTokenAt {
            account.token(after: now - lastTokenAt)
        } else {
            account.firstToken(after: now - account.receivedAt)
        }
        lastTokenAt = now
        account.generated(completionTokenCount, choice: index)
    }

    func finish(_ summary: GenerationSummary) {
        account.generated(summary.completionTokenCount, choice: index)
        account.finish(summary, countsPrompt: countsPrompt)
    }
}

extension Duration {
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    var milliseconds: Double { seconds * 1000 }
}
