import Engine
import Glibc
import OpenAIAPI
import Tokenization

/// `POST /v1/fill-mask`.
struct FillMaskHandler: TextTaskHandler {
    let registry: ModelRegistry
    /// Each candidate comes with the whole text that it makes.
    private static let mostCandidates = 16_384

    func reply(
        to bytes: [UInt8], receivedAt: ContinuousClock.Instant, _ account: RequestAccount
    ) async throws -> [UInt8] {
        let body = try FillMaskRequest(parsing: bytes)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        guard let mask = model.texts.mask else {
            throw APIError.notImplemented(param: "model", "The model `\(model.id)` fills no masks.")
        }
        let targets = try targets(of: body, model)
        let reader = TextReader(model, body.options.truncation)
        let texts = try await LongTexts.run(bytes: bytes.count) { () throws(APIError) in
            try read(body, model, mask, reader)
        }
        let run = TextRun(
            model: model, account: account, options: body.options, receivedAt: receivedAt, param: "input")
        let outcome = try await run.compute(.masks(mask, candidates: body.topK, targets: targets), of: texts)
        let fills = zip(texts, outcome.masks).enumerated().flatMap { index, pair in
            Self.fills(index, pair.0.tokens, pair.1, mask, model.tokenizer)
        }
        let reply = TextTaskReply(
            id: ReplyIdentity.textTaskID(.fillMask), created: UnixTime.now, model: model.id, data: .fills(fills),
            promptTokens: outcome.promptTokens)
        return reply.body
    }

    private func targets(of body: FillMaskRequest, _ model: LoadedModel) throws(APIError) -> [TokenID]? {
        guard let texts = body.targets else { return nil }
        var targets: [TokenID] = []
        for (index, text) in texts.enumerated() {
            guard let token = model.tokenizer.token(for: text) else {
                let param = "targets[\(index)]"
                throw .invalidValue(param: param, "Invalid '\(param)': it is no single token of this model.")
            }
            targets.append(token)
        }
        return targets
    }

    private func read(
        _ body: FillMaskRequest, _ model: LoadedModel, _ mask: TokenID, _ reader: TextReader
    ) throws(APIError) -> [PoolingRequest.Text] {
        let spelling = model.tokenizer.piece(of: mask)
        let most = model.engine.configuration.maximumScoredRows
        var texts: [PoolingRequest.Text] = []
        var total = 0
        for (index, input) in body.inputs.enumerated() {
            let param = body.inputs.count == 1 ? "input" : "input[\(index)]"
            let text = try reader.read(input, mask: spelling, param: param)
            let count = text.tokens.count { $0 == mask }
            guard (1...most).contains(count) else {
                throw .invalidValue(
                    param: param,
                    "Invalid '\(param)': it must have 1 to \(most) masks, which this model spells \(spelling), but has "
                        + "\(count).")
            }
            total += count
            texts.append(text)
        }
        guard total * body.topK <= Self.mostCandidates else {
            throw .invalidValue(
                param: "top_k",
                "Invalid 'top_k': \(body.topK) candidates for each of \(total) masks are more than the "
                    + "\(Self.mostCandidates) that one request may ask for.")
        }
        return texts
    }

    /// With one mask a sequence is plain text; with several it keeps its special tokens, because other masks are among
    /// them.
    private static func fills(
        _ index: Int, _ tokens: [TokenID], _ masks: [[PoolingResult.Candidate]], _ mask: TokenID, _ tokenizer: Tokenizer
    ) -> [MaskFill] {
        let positions = tokens.indices.filter { tokens[$0] == mask }
        return masks.enumerated().map { number, candidates in
            MaskFill(
                index: index, mask: number,
                candidates: candidates.map { candidate in
                    var filled = tokens
                    filled[positions[number]] = candidate.token
                    return MaskFill.Candidate(
                        token: Int(candidate.token.rawValue),
                        text: tokenizer.decode([candidate.token], skipSpecial: false), score: expf(candidate.logprob),
                        sequence: tokenizer.decode(filled, skipSpecial: positions.count == 1))
                })
        }
    }
}
