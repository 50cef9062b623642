import Engine
import HTTPServer
import OpenAIAPI
import Tokenization

/// `POST /v1/chat/completions`.
struct ChatCompletionHandler: ModelHandler {
    let registry: ModelRegistry

    func respond(to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter)
        async throws
    {
        let chat = try ChatCompletionRequest(parsing: request.body)
        let model = try registry.model(named: chat.model)
        let prompt = try prompt(of: chat, for: model)
        account.use(model, isStreamed: chat.stream != nil, promptTokens: prompt.count)
        try account.reserve(promptTokens: prompt.count, replies: chat.choices, maxTokens: chat.stopping.maxTokens)
        let terms = RequestTerms(
            chat.service, timeout: chat.stopping.timeout, tenant: account.tenant, receivedAt: request.receivedAt,
            longest: model.longestRequest)
        var readers = try ChoiceReader.submit(
            (0..<chat.choices).map { choice in
                GenerationRequest(
                    prompt: prompt, sampling: chat.sampling.with(model.samplingDefaults), stopping: chat.stopping,
                    choice: choice,
                    logprobs: chat.logprobs, terms: terms)
            }, to: model, param: "messages")
        try await readers[0].waitForFirstEvent(account)
        let identity = ReplyIdentity(
            id: ReplyIdentity.chatCompletionID(), created: UnixTime.now, model: model.id,
            systemFingerprint: model.fingerprint, serviceTier: chat.service.namedTier)
        if let options = chat.stream {
            let events = try await EventStream(starting: writer)
            let chunks = ChatChunkWriter(
                identity: identity, includesUsage: options.includeUsage, isPadded: options.includeObfuscation)
            try await events.end(
                with: ChatStream(events: events, chunks: chunks, model: model, chat: chat).run(readers, account),
                for: account)
        } else {
            let choices = try await GeneratedChoice.collect(
                readers, choicesPerPrompt: chat.choices, account: account)
            try await writer.send(completion(choices, identity, model, chat).body, for: account)
        }
    }

    private func prompt(of chat: ChatCompletionRequest, for model: LoadedModel) throws(APIError) -> [TokenID] {
        try model.check.check(chat.sampling)
        try model.check.check(chat.stopping)
        let prompt = try model.prompt(of: chat.conversation)
        try model.check.check(
            promptCount: prompt.count, limit: chat.stopping.limit, minimum: chat.stopping.minTokens, param: "messages")
        try model.check.check(promptCounts: [prompt.count], candidatesPerPrompt: chat.choices, param: "n")
        return prompt
    }

    private func completion(
        _ choices: [GeneratedChoice], _ identity: ReplyIdentity, _ model: LoadedModel, _ chat: ChatCompletionRequest
    ) -> ChatCompletion {
        ChatCompletion(
            identity: identity,
            choices: choices.map { choice in
                ChatCompletion.Choice(
                    content: choice.text, finishReason: choice.finishReason,
                    logprobs: chat.logprobs == nil ? nil : choice.tokens.logprobs(model.tokenizer))
            },
            usage: Usage(sharingPromptOf: choices))
    }
}

/// Writes the choices of one chat as they come, each in the order of its own tokens.
private struct ChatStream: Sendable {
    let events: EventStream
    let chunks: ChatChunkWriter
    let model: LoadedModel
    let chat: ChatCompletionRequest

    /// - Returns: the chunk that ends the stream, if the request wants one.
    func run(_ readers: [ChoiceReader], _ account: RequestAccount) async throws -> [UInt8]? {
        let usage = try await events.relay(readers, choicesPerPrompt: chat.choices) { index, reader in
            try await choice(index, reader, account)
        }
        return chunks.usage(usage)
    }

    private func choice(_ index: Int, _ reader: ChoiceReader, _ account: RequestAccount) async throws -> Usage {
        try await events.send(chunks.opening(choice: index))
        var meter = ChoiceMeter(account: account, index: index, choicesPerPrompt: chat.choices)
        let (reason, summary) = try await reader.forEach(&meter) { event, meter in
            guard case .text(let text, let count, let tokens) = event else { return }
            meter.record(completionTokenCount: count)
            let logprobs = chat.logprobs == nil ? nil : tokens.logprobs(model.tokenizer)
            try await events.send(chunks.content(text, choice: index, logprobs: logprobs))
        }
        try await events.send(chunks.closing(choice: index, finishReason: reason))
        return Usage(summary)
    }
}

extension Usage {
    /// The usage of several choices of one prompt, which counts once.
    init(sharingPromptOf choices: [GeneratedChoice]) {
        self.init(
            promptTokens: choices.first?.usage.promptTokens ?? 0, cachedTokens: choices.first?.usage.cachedTokens ?? 0,
            completionTokens: choices.reduce(0) { $0 + $1.usage.completionTokens })
    }
}
