import Engine
import HTTPServer
import OpenAIAPI

/// One request's way through the engine, for all endpoints that compute something of texts.
struct TextRun {
    let model: LoadedModel
    let account: RequestAccount
    let options: TextTaskOptions
    let receivedAt: ContinuousClock.Instant
    /// The field that holds the texts.
    let param: String

    /// What was computed, and how many tokens that took.
    struct Outcome {
        var results: [PoolingResult]
        var promptTokens: Int
    }

    /// Computes `output` of texts and waits for it.
    ///
    /// - Throws: `CancellationError` when the client went away, `APIError` for everything that it should be told.
    func compute(_ output: PoolingRequest.Output, of texts: [PoolingRequest.Text]) async throws -> Outcome {
        let count = texts.reduce(0) { $0 + $1.tokens.count }
        account.use(model, isStreamed: false, promptTokens: count)
        try model.check.check(promptCounts: [count], candidatesPerPrompt: 1, param: param)
        try account.reserve(promptTokens: count, replies: 0, maxTokens: 0)
        var request = PoolingRequest(texts: texts, output: output)
        let longest = model.longestRequest
        request.deadline = receivedAt + min(options.timeout.map { .seconds($0) } ?? longest, longest)
        request.tenant = account.tenant
        request.lane = options.tier == .flex ? .batch : .interactive
        guard let reply = await (try submit(request)).reply() else { throw CancellationError() }
        account.finish(reply.summary, countsPrompt: true)
        _ = try FinishReason(reply.summary)
        return Outcome(results: reply.results, promptTokens: count)
    }

    private func submit(_ request: PoolingRequest) throws(APIError) -> PoolingTask {
        do throws(AdmissionError) {
            return try model.engine.submit(request)
        } catch {
            throw APIError(error, param: param)
        }
    }
}

extension TextRun.Outcome {
    /// The vectors, if those were asked for.
    var vectors: [[Float]] {
        results.compactMap { result in
            if case .vector(let vector) = result { vector } else { nil }
        }
    }

    /// The classifier's numbers, if those were asked for.
    var classes: [[Float]] {
        results.compactMap { result in
            if case .classes(let values) = result { values } else { nil }
        }
    }

    /// The candidates for each mask of each text, if those were asked for.
    var masks: [[[PoolingResult.Candidate]]] {
        results.compactMap { result in
            if case .masks(let masks) = result { masks } else { nil }
        }
    }
}
