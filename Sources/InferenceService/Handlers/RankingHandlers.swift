import Engine
import OpenAIAPI

/// `POST /v1/rerank`, also under the paths that Jina's and Cohere's clients use.
struct RerankHandler: TextTaskHandler {
    let registry: ModelRegistry

    func reply(
        to bytes: [UInt8], receivedAt: ContinuousClock.Instant, _ account: RequestAccount
    ) async throws -> [UInt8] {
        let body = try RerankRequest(parsing: bytes)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        let comparison = TextComparison(
            run: TextRun(
                model: model, account: account, options: body.options, receivedAt: receivedAt,
                param: "documents"),
            firstParam: "query")
        let pairs = body.documents.enumerated().map { index, document in
            ScoreRequest.Pair(first: body.query, second: document, param: "documents[\(index)]")
        }
        let (scores, promptTokens) = try await comparison.scores(of: pairs, bytes: bytes.count)
        // The best first; equals stay in the order of the request.
        let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
        let results = order.prefix(body.topN ?? order.count).map { index in
            RerankReply.Result(
                index: index, relevance: scores[index], document: body.returnsDocuments ? body.documents[index] : nil)
        }
        let reply = RerankReply(
            id: ReplyIdentity.textTaskID(.rerank), model: model.id, results: results, promptTokens: promptTokens)
        return reply.body
    }
}

/// `POST /v1/score`.
struct ScoreHandler: TextTaskHandler {
    let registry: ModelRegistry

    func reply(
        to bytes: [UInt8], receivedAt: ContinuousClock.Instant, _ account: RequestAccount
    ) async throws -> [UInt8] {
        let body = try ScoreRequest(parsing: bytes)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        let comparison = TextComparison(
            run: TextRun(
                model: model, account: account, options: body.options, receivedAt: receivedAt, param: "text_2"),
            firstParam: "text_1")
        let (scores, promptTokens) = try await comparison.scores(of: body.pairs, bytes: bytes.count)
        let reply = TextTaskReply(
            id: ReplyIdentity.textTaskID(.score), created: UnixTime.now, model: model.id, data: .scores(scores),
            promptTokens: promptTokens)
        return reply.body
    }
}

/// Says how well texts go together: what a classifier of pairs thinks of them, or else how similar their vectors are.
private struct TextComparison {
    let run: TextRun
    /// The field that holds the first texts.
    let firstParam: String

    /// - Parameter bytes: of the request, by which its work is judged.
    /// - Returns: a score for each pair, and the tokens that were computed.
    func scores(of pairs: [ScoreRequest.Pair], bytes: Int) async throws -> ([Float], promptTokens: Int) {
        let model = run.model
        if model.texts.classifiesPairs, let classifier = model.texts.classifier {
            return try await classify(pairs, by: classifier, bytes: bytes)
        }
        guard let embedding = model.texts.embedding else {
            throw APIError.notImplemented(
                param: "model",
                "The model `\(model.id)` cannot compare texts: it neither gives embeddings nor is it a cross-encoder.")
        }
        return try await compareVectors(pairs, of: embedding, bytes: bytes)
    }

    private func classify(
        _ pairs: [ScoreRequest.Pair], by classifier: TextAbilities.Classifier, bytes: Int
    ) async throws -> ([Float], promptTokens: Int) {
        let reader = TextReader(run.model, run.options.truncation)
        let texts = try await LongTexts.run(bytes: bytes) { () throws(APIError) in
            var texts: [PoolingRequest.Text] = []
            for pair in pairs { texts.append(try reader.read(pair.first, pair.second, param: pair.param)) }
            return texts
        }
        let outcome = try await run.compute(.classes, of: texts)
        return (outcome.classes.flatMap(classifier.activation.apply), outcome.promptTokens)
    }

    /// Each first text is computed once, however many it is compared with.
    private func compareVectors(
        _ pairs: [ScoreRequest.Pair], of embedding: TextAbilities.Embedding, bytes: Int
    ) async throws -> ([Float], promptTokens: Int) {
        let isShared = pairs.allSatisfy { $0.first == pairs[0].first }
        let first = isShared ? [pairs[0].first] : pairs.map(\.first)
        let reader = TextReader(run.model, run.options.truncation)
        let firstParam = firstParam
        let texts = try await LongTexts.run(bytes: bytes) { () throws(APIError) in
            var texts: [PoolingRequest.Text] = []
            for (index, text) in first.enumerated() {
                texts.append(try reader.read(.text(text), param: isShared ? firstParam : "\(firstParam)[\(index)]"))
            }
            for pair in pairs { texts.append(try reader.read(.text(pair.second), param: pair.param)) }
            return texts
        }
        let outcome = try await run.compute(.vector(embedding.pooling), of: texts)
        let vectors = try await embedding.vectors(of: outcome.vectors, dimensions: nil)
        let (left, right) = (vectors.prefix(first.count), vectors.dropFirst(first.count))
        let scores = right.enumerated().map { index, vector in
            TextAbilities.Embedding.cosine(left[isShared ? 0 : index], vector)
        }
        return (scores, outcome.promptTokens)
    }
}
