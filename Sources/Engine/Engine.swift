import Synchronization
public import Tokenization
public import Transformer

/// Runs many sequences on one model: continuous batching on one dedicated thread.
///
/// Submitting, cancelling and reading the status are safe from anywhere and never wait for a step. Each submitted request
/// gets a stream of events that ends with exactly one `finished`.
public final class Engine: Sendable {
    public let tokenizer: Tokenizer
    public let status: EngineStatus
    public let contextLength: Int
    public let vocabularySize: Int
    /// Whether the model keeps a cache; without one it cannot generate.
    public let canGenerate: Bool
    /// Classes that the model's classifier tells apart; 0 without one.
    public let classCount: Int
    public let configuration: EngineConfiguration
    let mailbox: Mailbox<EngineCommand>
    private let admission: Admission
    let clock: EngineClock
    private let nextID = Atomic<UInt64>(0)
    private let isStopping = Atomic(false)

    /// - Parameters:
    ///   - model: handed over: only the engine's thread touches it from now on.
    public convenience init(
        model: sending any StepModel, tokenizer: Tokenizer, configuration: EngineConfiguration = EngineConfiguration()
    ) {
        let loop = EngineLoop(model: model, configuration: configuration, clock: .continuous)
        self.init(loop: loop, tokenizer: tokenizer)
        EngineThread.start { loop.run() }
    }

    /// The outside of a loop that somebody else turns.
    init(loop: EngineLoop, tokenizer: Tokenizer) {
        precondition(tokenizer.vocabularySize <= loop.vocabularySize, "the model has no row for some tokens")
        self.tokenizer = tokenizer
        (status, mailbox, admission, clock) = (loop.status, loop.mailbox, loop.admission, loop.clock)
        (contextLength, vocabularySize) = (loop.contextLength, loop.vocabularySize)
        (canGenerate, classCount) = (loop.model.needsCache, loop.model.classCount)
        configuration = loop.configuration
    }

    deinit { mailbox.post(.exit) }

    /// Queues a request, or says why not.
    public func submit(_ request: GenerationRequest) throws(AdmissionError) -> GenerationStream {
        try submit([request])[0]
    }

    /// Queues several completions that belong together: all of them, or none.
    ///
    /// Those with the same prompt compute it once and go on from there, each on its own.
    ///
    /// - Parameter requests: of one tenant; not empty, and no more than `maximumLiveSequences`.
    /// - Returns: a stream for each request, in the same order.
    public func submit(_ requests: [GenerationRequest]) throws(AdmissionError) -> [GenerationStream] {
        for request in requests { try check(request) }
        let leaders = Self.leaders(of: requests)
        let waitingTokens = zip(requests, leaders).map { request, leader in leader == nil ? request.prompt.count : 0 }
        let first = try enter(requests[0].tenant, sequenceCount: requests.count, tokens: waitingTokens.reduce(0, +))
        var transfers: [SequenceTransfer] = []
        var streams: [GenerationStream] = []
        let now = clock.now()
        for (index, request) in requests.enumerated() {
            let id = SequenceID(rawValue: first.rawValue + UInt64(index))
            // The channel keeps the engine, so that a stream outlives every other reference to it.
            let channel = GenerationChannel(capacity: configuration.streamCapacity) { [self] notice in
                switch notice {
                case .abandoned: mailbox.post(.abort(id))
                case .caughtUp: mailbox.post(.resume(id))
                }
            }
            let sequence = Sequence(
                id: id, request: request, contextLength: contextLength,
                output: SequenceOutput(request: request, tokenizer: tokenizer, channel: channel), submittedAt: now)
            sequence.waitingTokens = waitingTokens[index]
            transfers.append(SequenceTransfer(sequence, leader: leaders[index]))
            streams.append(GenerationStream(channel))
        }
        mailbox.post(.submit(transfers))
        return streams
    }

    /// Counts a request in, before anything is made of it: to send many away costs little.
    ///
    /// - Parameter tokens: Those that will wait to be computed.
    /// - Returns: the number of its first sequence; the others follow.
    func enter(_ tenant: Tenant, sequenceCount: Int, tokens: Int) throws(AdmissionError) -> SequenceID {
        guard !isStopping.load(ordering: .relaxed) else { throw .stopping }
        try admission.reserve(
            tenant, sequenceCount: sequenceCount, promptTokens: tokens, retryAfter: status.retryAfter)
        status.countSubmissions(sequenceCount)
        return SequenceID(rawValue: nextID.add(UInt64(sequenceCount), ordering: .relaxed).oldValue + 1)
    }

    /// For each request the first one before it that can compute its prompt; nil for those that compute their own.
    private static func leaders(of requests: [GenerationRequest]) -> [Int?] {
        var leading: [Int] = []
        return requests.indices.map { index in
            if let leader = leading.first(where: { requests[$0].canLead(requests[index]) }) { return leader }
            leading.append(index)
            return nil
        }
    }

    private func check(_ request: GenerationRequest) throws(AdmissionError) {
        guard canGenerate else { throw .notCapable }
        guard !request.prompt.isEmpty else { throw .emptyPrompt }
        if let stranger = stranger(in: request) { throw .invalidToken(stranger.rawValue) }
        // A prompt that fills the context leaves no room for a token, unless none is wanted.
        let room = contextLength - request.prompt.count
        guard room > 0 || (room == 0 && request.stop.maximumTokens == 0) else {
            throw .contextExceeded(promptTokens: request.prompt.count, limit: contextLength)
        }
    }

    /// A token of the request that is not of the vocabulary: it would be used as an index into a row of logits.
    private func stranger(in request: GenerationRequest) -> TokenID? {
        request.prompt.first(where: isStrange) ?? request.stop.tokens.first(where: isStrange)
            ?? request.sampling.logitBias.keys.first(where: isStrange)
    }

    func isStrange(_ token: TokenID) -> Bool { !(0..<vocabularySize).contains(Int(token.rawValue)) }

    /// Takes no more requests; those under way go on to their end.
    public func stopAccepting() { isStopping.store(true, ordering: .relaxed) }

    /// Ends every sequence at once with the given reason.
    ///
    /// After `stopAccepting` this is for good: a request that was let in just before, and is on its way, ends the same.
    public func abortAll(_ reason: SequenceEnd) {
        mailbox.post(.abortAll(reason, isFinal: isStopping.load(ordering: .relaxed)))
    }

    /// Gives up what the cache keeps for a tenant who will not come back, once the last of its sequences has ended.
    public func forget(_ tenant: Tenant) { mailbox.post(.forget(tenant)) }
}
