import Tokenization

/// Turns a sequence's logits into tokens, text and events: processors, sampler, detokeniser, stop matcher, stream.
struct SequenceOutput {
    private let request: GenerationRequest
    private let endTokens: Set<TokenID>
    private var processor: LogitsProcessor
    private var sampler: Sampler
    private var detokenizer: StreamingDetokenizer
    private var stopMatcher: StopMatcher
    private var scoredPrompt: [ScoredToken] = []
    /// Tokens whose text is not out yet.
    private var pendingTokens: [ScoredToken] = []
    private var endToken: ScoredToken?
    private var tokenCount = 0
    private let channel: GenerationChannel
    /// Whether so many events wait for the reader that no more should be made.
    private(set) var isReaderBehind = false

    init(request: GenerationRequest, tokenizer: Tokenizer, channel: GenerationChannel) {
        self.request = request
        self.channel = channel
        let modelEndTokens = request.stop.ignoresEndTokens ? [] : tokenizer.endOfGenerationTokens
        endTokens = modelEndTokens.union(request.stop.tokens)
        processor = LogitsProcessor(
            parameters: request.sampling, stop: request.stop, endTokens: endTokens, prompt: request.prompt)
        sampler = Sampler(parameters: request.sampling)
        // The text goes on from the prompt's: prompt and completion, one after the other, are what all the tokens decode
        // to. A prompt of control tokens alone has no text to go on from.
        detokenizer = StreamingDetokenizer(
            tokenizer: tokenizer, skipSpecial: !request.showsSpecialTokens,
            continuesText: request.prompt.contains { !tokenizer.isControl($0) })
        stopMatcher = StopMatcher(stops: request.stop.strings)
    }

    /// How many prompt positions have their log-probability.
    var scoredPromptCount: Int { scoredPrompt.count }

    /// Scores the prompt token at the next position from the row before it; the first one has no row.
    mutating func scorePrompt(_ token: TokenID, row: LogprobRow?) {
        scoredPrompt.append(
            row?.scored(token, alternatives: request.logprobs ?? 0)
                ?? ScoredToken(token: token, logprob: nil, alternatives: []))
    }

    /// Sends the prompt's scores, once they are complete.
    mutating func sendScoredPrompt() { isReaderBehind = channel.send(.promptScored(scoredPrompt)) }

    /// What the newest token led to.
    enum Outcome {
        case goesOn
        /// It ends the completion; text that was held back for a stop string turned out not to be one.
        case isEndToken
        /// It completes a stop string, which is not part of the text.
        case completesStopString
    }

    /// Draws the next token from a row of logits and sends the text it completes.
    ///
    /// - Parameters:
    ///   - logits: one row; read only.
    ///   - buffers: two rows of scratch space.
    mutating func next(
        from logits: UnsafeBufferPointer<Float>, buffers: SamplingBuffers
    ) -> (token: TokenID, outcome: Outcome) {
        // What the last event found out says nothing of a token without text.
        isReaderBehind = false
        let token: TokenID
        if processor.isIdentity {
            token = sampler.sample(logits, scratch: buffers.weights)
        } else {
            _ = buffers.processed.update(fromContentsOf: logits)
            processor.apply(to: buffers.processed)
            token = sampler.sample(UnsafeBufferPointer(buffers.processed), scratch: buffers.weights)
        }
        processor.record(token)
        tokenCount += 1
        let scored = request.logprobs.map { LogprobRow(logits).scored(token, alternatives: $0) }
        if endTokens.contains(token) {
            endToken = scored
            return (token, .isEndToken)
        }
        if let scored { pendingTokens.append(scored) }
        return (token, release(detokenizer.append(token)))
    }

    private mutating func release(_ text: String) -> Outcome {
        // No stop string cuts into the minimum.
        guard tokenCount > request.stop.minimumTokens else {
            send(text)
            return .goesOn
        }
        let (released, isMatched) = stopMatcher.append(text)
        send(released)
        return isMatched ? .completesStopString : .goesOn
    }

    private mutating func send(_ text: String) {
        guard !text.isEmpty else { return }
        isReaderBehind = channel.send(.text(text, completionTokenCount: tokenCount, tokens: pendingTokens))
        pendingTokens = []
    }

    /// Sends what is held back, unless it is the stop string that ended the text, and then the terminal event.
    mutating func finish(_ summary: GenerationSummary, endsWithStopString: Bool) {
        if !endsWithStopString, summary.finishReason == .length || summary.finishReason == .stop {
            let (released, isMatched) = stopMatcher.append(detokenizer.finish())
            let text = isMatched ? released : released + stopMatcher.finish()
            if !text.isEmpty || !pendingTokens.isEmpty {
                _ = channel.send(.text(text, completionTokenCount: tokenCount, tokens: pendingTokens))
            }
        }
        var summary = summary
        summary.endToken = endToken
        _ = channel.send(.finished(summary))
    }
}

/// Scratch rows shared by all sequences of an engine, each as long as the vocabulary.
struct SamplingBuffers {
    let processed: UnsafeMutableBufferPointer<Float>
    let weights: UnsafeMutableBufferPointer<Float>
}
