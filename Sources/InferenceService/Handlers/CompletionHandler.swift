import Engine
import HTTPServer
import OpenAIAPI
import Tokenization

/// `POST /v1/completions`: text completions, for any number of prompts, with echo and scoring.
struct CompletionHandler: ModelHandler {
    let registry: ModelRegistry

    func respond(to request: HTTPServerRequest, _ account: RequestAccount, _ writer: consuming ResponseWriter)
        async throws
    {
        let body = try CompletionRequest(parsing: request.body)
        let model = try registry.model(named: body.model)
        let prompts = try CompletionPrompt.prepare(body, for: model)
        let promptTokens = prompts.reduce(0) { $0 + $1.countedTokens }
        account.use(model, isStreamed: body.stream != nil, promptTokens: promptTokens)
        try account.reserve(
            promptTokens: promptTokens, replies: prompts.count * body.candidatesPerPrompt,
            maxTokens: body.stopping.maxTokens)
        let terms = RequestTerms(
            body.service, timeout: body.stopping.timeout, tenant: account.tenant, receivedAt: request.receivedAt,
            longest: model.longestRequest)
        let generations = prompts.flatMap { prompt in
            (0..<body.candidatesPerPrompt).map { candidate in
                var generation = GenerationRequest(
                    prompt: prompt.tokens, sampling: body.sampling.with(model.samplingDefaults),
                    stopping: body.stopping, choice: candidate,
                    logprobs: body.logprobs ?? (body.ranksCandidates ? 0 : nil),
                    scoresPrompt: body.echo && body.logprobs != nil, terms: terms)
                if body.suffix != nil, let infill = model.tokenizer.infill {
                    generation.stop.tokens.formUnion(infill.ends)
                }
                return generation
            }
        }
        var readers = try ChoiceReader.submit(generations, to: model, param: "prompt")
        try await readers[0].waitForFirstEvent(account)
        let identity = ReplyIdentity(
            id: ReplyIdentity.completionID(), created: UnixTime.now, model: model.id,
            systemFingerprint: model.fingerprint, serviceTier: body.service.namedTier)
        if let options = body.stream {
            let events = try await EventStream(starting: writer)
            let chunks = CompletionChunkWriter(
                identity: identity, includesUsage: options.includeUsage, isPadded: options.includeObfuscation)
            let stream = CompletionStream(events: events, chunks: chunks, model: model, body: body, prompts: prompts)
            try await events.end(with: stream.run(readers, account), for: account)
        } else {
            let choices = try await GeneratedChoice.collect(
                readers, choicesPerPrompt: body.candidatesPerPrompt, account: account)
            let reply = CompletionReply(identity: identity, model: model, body: body, prompts: prompts)
            try await writer.send(reply.completion(choices).body, for: account)
        }
    }
}

extension CompletionRequest {
    var ranksCandidates: Bool { candidatesPerPrompt > choicesPerPrompt }
}

/// One of a request's prompts as tokens and, for echo, as text.
struct CompletionPrompt: Sendable {
    var tokens: [TokenID]
    /// What `echo` puts before the completion.
    var echoedText: String
    /// Where the request holds it: `prompt` or `prompt[2]`.
    var param: String
    /// An empty prompt stands for the token that begins a text; nobody sent it, so nobody is told of it.
    var isImplicit: Bool

    var countedTokens: Int { isImplicit ? 0 : tokens.count }

    static func prepare(_ body: CompletionRequest, for model: LoadedModel) throws(APIError) -> [CompletionPrompt] {
        try model.checkGenerates()
        try model.check.check(body.sampling)
        try model.check.check(body.stopping)
        var prompts: [CompletionPrompt] = []
        for (index, prompt) in body.prompts.enumerated() {
            let param = body.prompts.count == 1 ? "prompt" : "prompt[\(index)]"
            let prepared = try CompletionPrompt(prompt, of: body, param: param, model: model)
            try model.check.check(
                promptCount: prepared.tokens.count, limit: body.stopping.limit, param: "prompt")
            prompts.append(prepared)
        }
        try model.check.check(
            promptCounts: prompts.map(\.tokens.count), candidatesPerPrompt: body.candidatesPerPrompt, param: "prompt")
        return prompts
    }

    private init(
        _ prompt: Prompt, of body: CompletionRequest, param: String, model: LoadedModel
    ) throws(APIError) {
        self.param = param
        let tokenizer = model.tokenizer
        switch prompt {
        case .text(let text):
            try model.check.check(byteCount: text.utf8.count, param: "prompt")
            tokens = tokenizer.encode(text, addSpecial: body.suffix == nil, parseSpecial: false)
            echoedText = text
        case .tokens(let ids):
            tokens = try model.check.tokens(ids, param: param)
            echoedText = body.echo ? tokenizer.decode(tokens, skipSpecial: true) : ""
        }
        if let suffix = body.suffix {
            tokens = try Self.infill(tokens, suffix, model)
        }
        isImplicit = tokens.isEmpty
        if isImplicit {
            guard let start = tokenizer.firstToken else {
                throw .invalidValue(
                    param: param, "Invalid '\(param)': it is empty, and this model needs a token to begin with.")
            }
            tokens = [start]
        }
    }

    private static func infill(
        _ prefix: [TokenID], _ suffix: String, _ model: LoadedModel
    ) throws(APIError) -> [TokenID] {
        try model.check.check(byteCount: suffix.utf8.count, param: "suffix")
        guard let tokens = model.tokenizer.infillPrompt(prefix: prefix, suffix: suffix) else {
            throw .unsupported(
                param: "suffix", isParameter: true,
                "Unsupported parameter: 'suffix'. The model `\(model.id)` cannot fill a gap: it has no tokens for it.")
        }
        return tokens
    }
}

/// Puts complete choices together: best-of, echo, log-probabilities, usage.
private struct CompletionReply {
    let identity: ReplyIdentity
    let model: LoadedModel
    let body: CompletionRequest
    let prompts: [CompletionPrompt]

    func completion(_ candidates: [GeneratedChoice]) -> Completion {
        var choices: [Completion.Choice] = []
        var usage = Usage()
        for (index, prompt) in prompts.enumerated() {
            let start = index * body.candidatesPerPrompt
            var group = Array(candidates[start..<(start + body.candidatesPerPrompt)])
            usage.promptTokens += prompt.countedTokens
            usage.cachedTokens += group.first?.usage.cachedTokens ?? 0
            usage.completionTokens += group.reduce(0) { $0 + $1.usage.completionTokens }
            if body.ranksCandidates {
                group.sort { ($1.meanLogprob, $0.index) < ($0.meanLogprob, $1.index) }
            }
            choices += group.prefix(body.choicesPerPrompt).map { choice($0, prompt) }
        }
        return Completion(identity: identity, choices: choices, usage: usage)
    }

    private func choice(_ choice: GeneratedChoice, _ prompt: CompletionPrompt) -> Completion.Choice {
        var logprobs: CompletionLogprobs?
        if body.logprobs != nil {
            let scored = choice.promptTokens.dropFirst(prompt.isImplicit ? 1 : 0) + choice.tokens
            logprobs = CompletionLogprobs(Array(scored).logprobs(model.tokenizer))
            // As many entries as `usage` counts tokens: evaluation harnesses cut off what they asked to be generated.
            if let end = choice.endToken { logprobs?.append(OpenAIAPI.TokenLogprob(end, tokenizer: model.tokenizer)) }
        }
        return Completion.Choice(
            text: (body.echo ? prompt.echoedText : "") + choice.text, finishReason: choice.finishReason,
            logprobs: logprobs)
    }
}

/// Writes the choices of text completions as they come.
private struct CompletionStream: Sendable {
    let events: EventStream
    let chunks: CompletionChunkWriter
    let model: LoadedModel
    let body: CompletionRequest
    let prompts: [CompletionPrompt]

    /// - Returns: the chunk that ends the stream, if the request wants one.
    func run(_ readers: [ChoiceReader], _ account: RequestAccount) async throws -> [UInt8]? {
        var usage = try await events.relay(readers, choicesPerPrompt: body.candidatesPerPrompt) { index, reader in
            try await choice(index, reader, account)
        }
        usage.promptTokens = prompts.reduce(0) { $0 + $1.countedTokens }
        return chunks.usage(usage)
    }

    private func choice(_ index: Int, _ reader: ChoiceReader, _ account: RequestAccount) async throws -> Usage {
        let prompt = prompts[index / body.candidatesPerPrompt]
        var meter = ChoiceMeter(account: account, index: index, choicesPerPrompt: body.candidatesPerPrompt)
        var logprobs = CompletionLogprobs()
        var mustEcho = body.echo
        let (reason, summary) = try await reader.forEach(&meter) { event, meter in
            switch event {
            case .promptScored(let tokens):
                for token in tokens.dropFirst(prompt.isImplicit ? 1 : 0) {
                    logprobs.append(OpenAIAPI.TokenLogprob(token, tokenizer: model.tokenizer))
                }
            case .text(let text, let count, let tokens):
                meter.record(completionTokenCount: count)
                for token in tokens { logprobs.append(OpenAIAPI.TokenLogprob(token, tokenizer: model.tokenizer)) }
                try await send((mustEcho ? prompt.echoedText : "") + text, index, &logprobs)
                mustEcho = false
            case .finished: break
            }
        }
        if let end = summary.endToken { logprobs.append(OpenAIAPI.TokenLogprob(end, tokenizer: model.tokenizer)) }
        try await send(mustEcho ? prompt.echoedText : "", index, &logprobs, reason)
        return Usage(summary)
    }

    private func send(
        _ text: String, _ index: Int, _ logprobs: inout CompletionLogprobs, _ reason: FinishReason? = nil
    ) async throws {
        let taken = body.logprobs == nil ? nil : logprobs.takeAll()
        try await events.send(chunks.text(text, choice: index, logprobs: taken, finishReason: reason))
    }
}
