import Engine
import OpenAIAPI

/// Reads the events of one choice, with the first of them already seen.
///
/// The first event decides whether a reply begins at all: an error before the first token must become a plain HTTP error,
/// which is no longer possible once a stream's head is out.
struct ChoiceReader: Sendable {
    private let stream: GenerationStream
    private var first: GenerationEvent?

    /// Submits a request and leaves its events for later.
    init(_ request: GenerationRequest, to model: LoadedModel, param: String) throws(APIError) {
        do throws(AdmissionError) {
            stream = try model.engine.submit(request)
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
                _ = try FinishReason(summary.finishReason)
            } catch {
                account.finish(summary)
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
                return (try FinishReason(summary.finishReason), summary)
            }
            try await handle(current, &meter)
            event = await iterator.next()
        }
        throw CancellationError()
    }
}

extension FinishReason {
    /// The API's reason, or the error that stands for an end that is none.
    init(_ reason: SequenceEnd) throws {
        switch reason {
        case .stop: self = .stop
        case .length: self = .length
        case .aborted: throw APIError.shuttingDown(retryAfter: 1)
        case .slowReader: throw APIError.requestTimeout("The client read the stream too slowly.")
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
    /// - Parameter param: the field that holds the prompt.
    init(_ error: AdmissionError, param: String) {
        switch error {
        case .emptyPrompt: self = .invalidValue(param: param, "Invalid '\(param)': it has no tokens.")
        case .invalidToken(let token):
            self = .invalidValue(param: param, "Invalid '\(param)': \(token) is no token of this model.")
        case .contextExceeded(let promptTokens, let limit):
            self = .contextLengthExceeded(param: param, contextLength: limit, requestedTokens: promptTokens)
        case .overloaded: self = .overloaded(retryAfter: 1)
        case .stopping: self = .shuttingDown(retryAfter: 1)
        }
    }
}
