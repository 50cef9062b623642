import Engine
import OpenAIAPI

/// `POST /v1/classify`.
struct ClassificationHandler: TextTaskHandler {
    let registry: ModelRegistry

    func reply(
        to bytes: [UInt8], receivedAt: ContinuousClock.Instant, _ account: RequestAccount
    ) async throws -> [UInt8] {
        let body = try ClassifyRequest(parsing: bytes)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        guard let classifier = model.texts.classifier else {
            throw APIError.notImplemented(param: "model", "The model `\(model.id)` has no classifier.")
        }
        let reader = TextReader(model, body.options.truncation)
        let texts = try await LongTexts.run(bytes: bytes.count) { () throws(APIError) in
            try reader.read(body.inputs, param: "input")
        }
        let run = TextRun(
            model: model, account: account, options: body.options, receivedAt: receivedAt, param: "input")
        let outcome = try await run.compute(.classes, of: texts)
        let classifications = outcome.classes.map { values in
            let best = values.indices.max { (values[$0], $1) < (values[$1], $0) }
            return Classification(
                label: best.flatMap { classifier.labels[$0] }, probabilities: classifier.activation.apply(values))
        }
        let reply = TextTaskReply(
            id: ReplyIdentity.textTaskID(.classify), created: UnixTime.now, model: model.id,
            data: .classifications(classifications), promptTokens: outcome.promptTokens)
        return reply.body
    }
}
