import Engine
import OpenAIAPI

/// Reads the events of one choice, with the first of them already seen.
///
/// The first event decides whether a reply begins at all: an error before the first token must become a plain HTTP error,
/// which is no longer possible once a stream's head is out.
struct ChoiceReader: Sendable {
    private let stream: GenerationStream
    private var first: GenerationEvent?

    private init(_ stream: GenerationStream) { self.stream = stream }

    /// Submits all choices of a request, or none, and leaves their events for later.
    ///
    /// - Parameter param: the field that holds the prompts.
    static func submit(
        _ requests: [GenerationRequest], to model: LoadedModel, param: String
    ) throws(APIError) -> [ChoiceReader] {
        do throws(AdmissionError) {
            return try model.engine.submit(requests).map { ChoiceReader($0) }
        } catch {
            throw APIError(error, param: param)
        }
    }

    /// Waits for the first event.
    ///
    /// - Throws: `APIError` if the choice failed before it gave any text.
    mutating func waitForFirstEvent(_ account: RequestAccount) async throws {
        var iterator = stream.makeAsyncIterator()
        first = await iterator.next()
        switch first {
        case nil: throw CancellationError()
        case .finished(let summary):
            do {
                _ = try FinishReason(summary)
            } catch {
                account.finish(summary, countsPrompt: true)
                throw error
            }
        case .promptScored, .text: break
        }
    }

    /// Hands each event to `handle`, tells the account how they ended, and returns that.
    ///
    /// - Throws: `CancellationError` when the client went away; `APIError` when the sequence did not end as it should.
    func forEach(
        _ meter: inout ChoiceMeter, _ handle: (GenerationEvent, inout ChoiceMeter) async throws -> Void
    ) async throws -> (reason: FinishReason, summary: GenerationSummary) {
        var iterator = stream.makeAsyncIterator()
        var event = first
        if event == nil { event = await iterator.next() }
        while let current = event {
            if case .finished(let summary) = current {
                meter.finish(summary)
                return (try FinishReason(summary), summary)
            }
            try await handle(current, &meter)
            event = await iterator.next()
        }
        throw CancellationError()
    }
}

extension FinishReason {
    /// The API's reason, or the error that stands for an end that is none.
    init(_ summary: GenerationSummary) throws {
        switch summary.finishReason {
        case .stop: self = .stop
        case .length: self = .length
        case .aborted: throw APIError.shuttingDown(retryAfter: .seconds(1))
        case .slowReader: throw APIError.requestTimeout("The client read the stream too slowly.")
        case .queuedTooLong: throw APIError.overloaded(retryAfter: summary.retryAfter)
        case .displaced: throw APIError.shareExceeded(retryAfter: summary.retryAfter)
        case .timedOut: throw APIError.requestTimeout("The request's own timeout passed before it was complete.")
        case .failed(let description): throw StepFailure(description: description)
        }
    }
}

/// The model could not compute a step; clients get an internal error, the log gets the description.
struct StepFailure: Error, CustomStringConvertible {
    var description: String
}

extension APIError {
    /// 429: others want places, and this caller has its share of them.
    fileprivate static func shareExceeded(retryAfter: Duration) -> APIError {
        .rateLimited(
            "You have as many requests here as your share of a busy server allows. Try again shortly.",
            retryAfter: retryAfter)
    }

    /// - Parameter param: the field that holds the prompt.
    init(_ error: AdmissionError, param: String) {
        switch error {
        case .emptyPrompt: self = .invalidValue(param: param, "Invalid '\(param)': it has no tokens.")
        case .notCapable: self = .notImplemented(param: "model", "This model cannot do what is asked for.")
        case .invalidToken(let token):
            self = .invalidValue(param: param, "Invalid '\(param)': \(token) is no token of this model.")
        case .contextExceeded(let promptTokens, let limit):
            self = .contextLengthExceeded(
                param: param, prompt: param, contextLength: limit, requestedTokens: promptTokens)
        case .overloaded(let retryAfter): self = .overloaded(retryAfter: retryAfter)
        case .shareExceeded(let retryAfter): self = .shareExceeded(retryAfter: retryAfter)
        case .stopping: self = .shuttingDown(retryAfter: .seconds(1))
        }
    }
}
