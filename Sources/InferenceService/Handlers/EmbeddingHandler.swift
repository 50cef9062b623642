import Engine
import OpenAIAPI

/// `POST /v1/embeddings`.
struct EmbeddingHandler: TextTaskHandler {
    let registry: ModelRegistry

    func reply(
        to bytes: [UInt8], receivedAt: ContinuousClock.Instant, _ account: RequestAccount
    ) async throws -> [UInt8] {
        let body = try EmbeddingRequest(parsing: bytes)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        guard let embedding = model.texts.embedding else {
            throw APIError.notImplemented(param: "model", "The model `\(model.id)` gives no embeddings.")
        }
        if let dimensions = body.dimensions, dimensions > embedding.length {
            throw APIError.invalidValue(
                param: "dimensions", code: "integer_above_max_value",
                "Invalid 'dimensions': vectors of the model `\(model.id)` have \(embedding.length), but got \(dimensions)."
            )
        }
        let reader = TextReader(model, body.options.truncation)
        let texts = try await LongTexts.run(bytes: bytes.count) { () throws(APIError) in
            try reader.read(body.inputs, param: "input")
        }
        let run = TextRun(
            model: model, account: account, options: body.options, receivedAt: receivedAt, param: "input")
        let outcome = try await run.compute(.vector(embedding.pooling), of: texts)
        let list = EmbeddingList(
            model: model.id, vectors: try await embedding.vectors(of: outcome.vectors, dimensions: body.dimensions),
            encoding: body.encoding, promptTokens: outcome.promptTokens)
        return list.body
    }
}
