import HTTPServer
import HTTPTypes
import OpenAIAPI

/// A streamed reply: server-sent events whose data is JSON, ended by `[DONE]`.
struct EventStream: Sendable {
    private let events: ServerSentEvents

    /// Half of the shortest patience that is common among proxies, 30 s.
    private static let longestSilence = Duration.seconds(15)

    init(starting writer: consuming ResponseWriter) async throws {
        events = try await ServerSentEvents(starting: writer, keepAlive: Self.longestSilence)
    }

    func send(_ data: [UInt8]) async throws {
        try await events.send(data: data)
    }

    /// Settles the account and ends the stream, after one more event if there is one.
    func end(with last: [UInt8]?, for account: RequestAccount) async throws {
        account.settle()
        if let last { try await send(last) }
        try await events.sendDone()
        try await events.finish()
    }

    /// Runs all choices at once and sums their usage; each prompt token counts once for all choices.
    ///
    /// The head is out, so a failure can only become an event; after it the stream ends without `[DONE]`.
    func relay(
        _ readers: [ChoiceReader], choicesPerPrompt: Int,
        _ body: @escaping @Sendable (Int, ChoiceReader) async throws -> Usage
    ) async throws -> Usage {
        do {
            return try await withThrowingTaskGroup(of: (Int, Usage).self) { group in
                for (index, reader) in readers.enumerated() {
                    group.addTask { (index, try await body(index, reader)) }
                }
                var total = Usage()
                for try await (index, usage) in group {
                    total.completionTokens += usage.completionTokens
                    guard index.isMultiple(of: choicesPerPrompt) else { continue }
                    total.promptTokens += usage.promptTokens
                    total.cachedTokens += usage.cachedTokens
                }
                return total
            }
        } catch let error as APIError {
            try await send(error.body)
            try await events.finish()
            throw ErrorWasSent(error: error)
        } catch let failure as StepFailure {
            try await send(APIError.internalError().body)
            try await events.finish()
            throw failure
        }
    }
}

/// The client already has this error, as an event.
struct ErrorWasSent: Error {
    var error: APIError
}
