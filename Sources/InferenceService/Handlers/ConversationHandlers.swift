import HTTPServer
import OpenAIAPI
import Tokenization

/// `POST /v1/chat/completions/input_tokens`: how many tokens a chat's prompt has, for the chat's own body.
struct ChatTokensHandler: ModelHandler {
    let registry: ModelRegistry

    func respond(to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter)
        async throws
    {
        let chat = try ChatCompletionRequest(parsing: request.body)
        let model = try registry.model(named: chat.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        let prompt = try model.prompt(of: chat.conversation)
        try await writer.send(InputTokensReply(inputTokens: prompt.count).body, for: account)
    }
}

/// `POST /apply-template`: the prompt that a conversation becomes, as text.
struct ApplyTemplateHandler: ModelHandler {
    let registry: ModelRegistry

    func respond(to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter)
        async throws
    {
        let body = try ApplyTemplateRequest(parsing: request.body)
        let model = try registry.model(named: body.model)
        account.use(model, isStreamed: false, promptTokens: 0)
        let fragments = try model.promptFragments(of: body.conversation)
        try await writer.send(ApplyTemplateReply(prompt: fragments.map(\.text).joined()).body, for: account)
    }
}
