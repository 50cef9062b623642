import AccessControl
import HTTPTypes
import OpenAIAPI
import Telemetry

/// What one request may use of its key's limits, from the moment it is let in until it is over.
struct Allowance: Sendable {
    /// Tokens that a reply of unlimited length is taken to need until its end tells.
    static let assumedReplyTokens = 256

    private let usage: KeyUsage
    private let lease: UsageLease
    private let metrics: ServerMetrics
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameter now: what the time is.
    /// - Throws: `LimitReached` if the request may not begin.
    init(
        _ usage: KeyUsage, metrics: ServerMetrics,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws(LimitReached) {
        self.usage = usage
        self.metrics = metrics
        self.now = now
        lease = try usage.begin(at: now())
    }

    /// Takes the tokens that the request may need.
    ///
    /// - Parameter replies: how many are generated, `maxTokens` each; nil means as many as there is room for.
    func reserve(promptTokens: Int, replies: Int, maxTokens: Int?) throws(APIError) {
        let (generated, overflows) = replies.multipliedReportingOverflow(by: maxTokens ?? Self.assumedReplyTokens)
        let (sum, overflowsSum) = promptTokens.addingReportingOverflow(generated)
        do throws(LimitReached) {
            try lease.reserve(overflows || overflowsSum ? .max : sum, at: now())
        } catch {
            metrics.countRateLimit(error.kind.rawValue)
            throw APIError(error)
        }
    }

    /// The request is over.
    func end(usedTokens: Int) {
        lease.end(usedTokens: usedTokens, at: now())
    }

    /// The response fields that tell where the key stands.
    var responseFields: HTTPFields { HTTPFields(usage.standing(at: now())) }
}
