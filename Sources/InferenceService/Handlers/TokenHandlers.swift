import Dispatch
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
        try await writer.send(.json(reply))
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
        try await writer.send(.json(DetokenizeReply(content: content).body))
    }
}

/// Where texts of any length are tokenised.
///
/// A prompt is bounded by its model's context; a text to tokenise only by the size of a body, and may take seconds. On
/// the threads that answer all requests, as many of those as there are processors would hold up everybody else.
private enum LongTexts {
    /// Texts of up to this many bytes are done before a change of threads would pay.
    private static let shortBytes = 64 * 1024

    /// One after the other, so that they never take more than one processor.
    private static let queue = DispatchQueue(label: "long texts")

    static func run<Result: Sendable>(bytes: Int, _ work: @escaping @Sendable () -> Result) async -> Result {
        guard bytes > shortBytes else { return work() }
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
