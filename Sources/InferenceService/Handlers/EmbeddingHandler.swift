import HTTPServer
import OpenAIAPI

/// `POST /v1/embeddings`: every model that is served generates text and has no embeddings to give, which is told as
/// such, after whatever is wrong with the request itself.
struct EmbeddingHandler: ModelHandler {
    let registry: ModelRegistry

    func respond(to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter)
        async throws
    {
        let body = try EmbeddingRequest(parsing: request.body)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        throw APIError.notImplemented(
            param: "model", "The model `\(model.id)` generates text; it gives no embeddings.")
    }
}
