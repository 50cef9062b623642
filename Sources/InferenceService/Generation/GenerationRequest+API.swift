import Engine
import OpenAIAPI
import Tokenization

extension GenerationRequest {
    /// What the API asked for, in the engine's terms, for one choice.
    ///
    /// - Parameters:
    ///   - choice: 0-based; choices of one request with a seed draw from different streams, each repeatable.
    ///   - terms: what holds for the whole HTTP request.
    init(
        prompt: [TokenID], sampling: SamplingOptions, stopping: StoppingOptions, choice: Int, logprobs: Int?,
        scoresPrompt: Bool = false, terms: RequestTerms
    ) {
        self.init(
            prompt: prompt, sampling: SamplingParameters(sampling, choice: choice), stop: StopConditions(stopping),
            logprobs: logprobs, scoresPrompt: scoresPrompt, deadline: terms.deadline)
        tenant = terms.tenant
        cacheSalt = terms.cacheSalt
        lane = terms.lane
    }
}

/// On which terms the engine takes all choices of one HTTP request.
struct RequestTerms {
    var tenant: Tenant
    var deadline: ContinuousClock.Instant
    var cacheSalt: String
    var lane: Lane

    /// - Parameter longest: what the server allows, even if the request asks for more time or names none.
    init(
        _ options: ServiceOptions, timeout: Double?, tenant: Tenant, receivedAt: ContinuousClock.Instant,
        longest: Duration
    ) {
        self.tenant = tenant
        deadline = receivedAt + min(timeout.map { .seconds($0) } ?? longest, longest)
        cacheSalt = options.cacheSalt
        lane = options.tier == .flex ? .batch : .interactive
    }
}

extension SamplingParameters {
    init(_ options: SamplingOptions, choice: Int) {
        self.init()
        temperature = Float(options.temperature)
        topK = options.topK
        topP = Float(options.topP)
        minP = Float(options.minP)
        typicalP = Float(options.typicalP)
        repetitionPenalty = Float(options.repetitionPenalty)
        presencePenalty = Float(options.presencePenalty)
        frequencyPenalty = Float(options.frequencyPenalty)
        for (token, bias) in options.logitBias { logitBias[TokenID(rawValue: Int32(token))] = Float(bias) }
        seed = options.seed.map { Self.seed(UInt64(bitPattern: Int64($0)), choice: choice) }
    }

    /// Choice 0 has the request's own seed. The odd multiplier (Steele and Vigna 2021) is far from the one by which a
    /// `RandomStream` unfolds its seed, so that the states of neighbouring choices share no word.
    private static func seed(_ seed: UInt64, choice: Int) -> UInt64 {
        seed &+ UInt64(choice) &* 0xD134_2543_DE82_EF95
    }
}

extension StopConditions {
    init(_ options: StoppingOptions) {
        self.init()
        strings = options.stopTexts
        tokens = Set(options.stopTokenIDs.map { TokenID(rawValue: Int32($0)) })
        maximumTokens = options.maxTokens
        minimumTokens = options.minTokens
        ignoresEndTokens = options.ignoresEndOfText
    }
}

/// Checks that need a model's vocabulary or context, so that what passes is not refused by the engine later.
struct RequestCheck {
    let vocabularySize: Int
    let contextLength: Int
    /// What the engine's queue holds at most.
    var maximumSequences = Int.max
    var maximumPromptTokens = Int.max

    func check(_ sampling: SamplingOptions) throws(APIError) {
        for token in sampling.logitBias.keys.sorted() {
            try check(token: token, param: "logit_bias.\(token)")
        }
    }

    func check(_ stopping: StoppingOptions) throws(APIError) {
        for (index, token) in stopping.stopTokenIDs.enumerated() {
            try check(token: token, param: "stop_token_ids[\(index)]")
        }
    }

    /// Token ids from a request, as ids of the vocabulary.
    func tokens(_ ids: [Int], param: String) throws(APIError) -> [TokenID] {
        var tokens: [TokenID] = []
        tokens.reserveCapacity(ids.count)
        for (index, id) in ids.enumerated() {
            try check(token: id, param: "\(param)[\(index)]")
            tokens.append(TokenID(rawValue: Int32(id)))
        }
        return tokens
    }

    private func check(token: Int, param: String) throws(APIError) {
        guard (0..<vocabularySize).contains(token) else {
            throw .invalidValue(
                param: param,
                "Invalid '\(param)': \(token) is no token of this model, whose ids are 0 to \(vocabularySize - 1)."
            )
        }
    }

    /// A prompt and the tokens that the caller demands must fit into the context.
    ///
    /// - Parameter param: the field that holds the prompt. It is at fault unless the prompt alone would fit and the
    ///   request itself asked for too long a reply.
    func check(
        promptCount: Int, limit: TokenLimit?, minimum: Int = 0, param: String
    ) throws(APIError) {
        let (needed, overflows) = promptCount.addingReportingOverflow(limit?.count ?? 1)
        guard !overflows, needed <= contextLength else {
            let isPromptAtFault = promptCount >= contextLength
            throw .contextLengthExceeded(
                param: isPromptAtFault ? param : limit?.param ?? param, prompt: param, contextLength: contextLength,
                requestedTokens: overflows ? Int.max : needed)
        }
        // With a limit, the minimum has been held against that.
        guard limit != nil || minimum <= contextLength - promptCount else {
            throw .contextLengthExceeded(
                param: "min_tokens", prompt: param, contextLength: contextLength,
                requestedTokens: promptCount + minimum)
        }
    }

    /// All sequences of a request wait in the queue at once. One that could not even have an empty queue is the caller's
    /// to split: "overloaded" would make clients try again for ever.
    ///
    /// - Parameter param: the field that holds the prompts.
    func check(promptCounts: [Int], candidatesPerPrompt: Int, param: String) throws(APIError) {
        let sequences = promptCounts.count * candidatesPerPrompt
        guard sequences <= maximumSequences else {
            throw .invalidValue(
                param: param,
                "Invalid '\(param)': \(promptCounts.count) prompts with \(candidatesPerPrompt) replies each are more than "
                    + "the \(maximumSequences) replies that one request may ask for.")
        }
        let tokens = promptCounts.reduce(0, +)
        guard tokens <= maximumPromptTokens else {
            throw .invalidValue(
                param: param,
                "Invalid '\(param)': \(tokens) tokens in all prompts are more than the \(maximumPromptTokens) that one "
                    + "request may have.")
        }
    }

    /// R7: a text whose bytes cannot fit is refused before anybody tokenises it. No token spells more than this many
    /// bytes on average over a whole context.
    func check(byteCount: Int, param: String) throws(APIError) {
        let bytesPerToken = 64
        guard byteCount <= contextLength * bytesPerToken + 4096 else {
            throw .contextLengthExceeded(
                param: param, prompt: param, contextLength: contextLength,
                requestedTokens: byteCount / bytesPerToken)
        }
    }
}
