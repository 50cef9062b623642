import HTTPServer
import OpenAIAPI
import Tokenization

/// `POST /tokenize`.
struct TokenizeHandler: ModelHandler {
    let registry: ModelRegistry

    func respond(to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter)
        async throws
    {
        let body = try TokenizeRequest(parsing: request.body)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        let reply = await LongTexts.run(bytes: body.content.utf8.count) {
            let tokens = model.tokenizer.encode(
                body.content, addSpecial: body.addsSpecialTokens, parseSpecial: body.parsesSpecialTokens)
            let pieces = body.withPieces ? tokens.map { model.tokenizer.bytes(of: $0, includingSpecial: true) } : nil
            return TokenizeReply(tokens: tokens.map { Int($0.rawValue) }, pieces: pieces).body
        }
        try await writer.send(reply, for: account)
    }
}

/// `POST /detokenize`.
struct DetokenizeHandler: ModelHandler {
    let registry: ModelRegistry

    func respond(to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter)
        async throws
    {
        let body = try DetokenizeRequest(parsing: request.body)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        let tokens = try model.check.tokens(body.tokens, param: "tokens")
        // Control tokens are shown: what was tokenised with `parse_special` comes back as it was.
        let content = model.tokenizer.decode(tokens, skipSpecial: false)
        try await writer.send(DetokenizeReply(content: content).body, for: account)
    }
}
