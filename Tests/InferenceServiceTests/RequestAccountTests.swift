import AccessControl
import HTTPTypes
import OpenAIAPI
import RequestLog
import Synchronization
import Telemetry
import Testing

@testable import Engine
@testable import HTTPServer
@testable import InferenceService

@Suite struct RequestAccountTests {
    private final class Rows: Sendable {
        private let rows = Mutex<[RequestRecord]>([])
        func append(_ record: RequestRecord) { rows.withLock { $0.append(record) } }
        var all: [RequestRecord] { rows.withLock { $0 } }
    }

    private func account(_ rows: Rows) -> RequestAccount {
        RequestAccount(
            id: "r", endpoint: "/v1/completions", receivedAt: .now, receivedUnixMilliseconds: 1, caller: .anonymous
        ) { rows.append($0) }
    }

    private func summary(_ outcome: RequestSummary.Outcome) -> RequestSummary {
        RequestSummary(
            id: "r", method: .post, path: "/v1/completions", route: nil, admission: nil,
            remoteAddress: .internet(host: "127.0.0.1", port: 1), status: outcome == .completed ? .ok : nil,
            requestBodyBytes: 1, responseBodyBytes: 1, duration: .milliseconds(5), outcome: outcome,
            handlerError: nil)
    }

    @Test func theRowWaitsForHandlerAndExchange() {
        let rows = Rows()
        let account = account(rows)
        account.handlerBegan()
        account.exchangeEnded(summary(.clientGone))
        #expect(rows.all.isEmpty)
        account.generated(3, choice: 0)
        account.generated(4, choice: 1)
        account.cancel()
        account.handlerEnded()
        #expect(rows.all.count == 1)
        #expect(rows.all.first?.completionTokens == 7)
        #expect(rows.all.first?.status == 499)
        #expect(rows.all.first?.finishReason == "abort")
        #expect(rows.all.first?.isClientCancelled == true)
    }

    @Test func aClientThatGoesBeforeTheHandlerBeginsLeavesOneRow() {
        let rows = Rows()
        let account = account(rows)
        account.exchangeEnded(summary(.clientGone))
        account.handlerBegan()
        account.cancel()
        account.handlerEnded()
        #expect(rows.all.count == 1)
        #expect(rows.all.first?.isClientCancelled == true)
    }

    private func ended(_ reason: SequenceEnd, queuedFor milliseconds: Int?) -> GenerationSummary {
        let now = ContinuousClock.now
        return GenerationSummary(
            finishReason: reason, promptTokenCount: 3, cachedTokenCount: 1, completionTokenCount: 2, submittedAt: now,
            startedAt: milliseconds.map { now + .milliseconds($0) }, firstTokenAt: nil, finishedAt: now,
            retryAfter: .zero)
    }

    /// The reply's last bytes may be with the client before the handler has come to its end.
    @Test func aKeyIsFreeAgainBeforeTheReplyIsOut() throws {
        let rows = Rows()
        let usage = KeyUsage(KeyLimits(tokensPerMinute: 1000, concurrentRequests: 1))
        let now = ContinuousClock.now
        let allowance = try Allowance(usage, metrics: ServerMetrics(version: "0", startTime: 0)) { now }
        let account = RequestAccount(
            id: "r", endpoint: "/v1/completions", receivedAt: now, receivedUnixMilliseconds: 1,
            caller: Caller(principal: nil, tenant: .anonymous, allowance: allowance)
        ) { rows.append($0) }
        account.handlerBegan()
        try account.reserve(promptTokens: 3, replies: 1, maxTokens: 900)
        account.generated(4, choice: 0)
        #expect(usage.standing(at: now).runningRequests == 1)
        account.settle()
        #expect(usage.standing(at: now).runningRequests == 0)
        #expect(usage.standing(at: now).tokens?.remaining == 996)
        account.exchangeEnded(summary(.completed))
        account.handlerEnded()
        #expect(usage.standing(at: now).tokens?.remaining == 996, "settled once")
        #expect(rows.all.map(\.completionTokens) == [4])
    }

    @Test func choicesShareARow() {
        let rows = Rows()
        let account = account(rows)
        account.handlerBegan()
        account.finish(ended(.length, queuedFor: 50), countsPrompt: true)
        account.finish(ended(.stop, queuedFor: 20), countsPrompt: false)
        account.handlerEnded()
        account.exchangeEnded(summary(.completed))
        #expect(rows.all.first?.finishReason == "length")
        #expect(rows.all.first?.queueMilliseconds == 20)
        #expect(rows.all.first?.cachedTokens == 1)
    }

    @Test func aFailedChoiceKeepsItsQueueTime() {
        let rows = Rows()
        let account = account(rows)
        account.handlerBegan()
        account.finish(ended(.timedOut, queuedFor: 20), countsPrompt: true)
        account.fail(.requestTimeout("too late"))
        account.handlerEnded()
        account.exchangeEnded(summary(.completed))
        #expect(rows.all.first?.finishReason == "error")
        #expect(rows.all.first?.queueMilliseconds == 20)
    }

    @Test func anErrorIsInTheRow() {
        let rows = Rows()
        let account = account(rows)
        account.handlerBegan()
        account.fail(.modelNotFound("x"))
        account.handlerEnded()
        account.exchangeEnded(summary(.completed))
        #expect(rows.all.map(\.errorCode) == ["model_not_found"])
        #expect(rows.all.map(\.finishReason) == ["error"])
    }
}
