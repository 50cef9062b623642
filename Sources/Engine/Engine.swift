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
    public let configuration: EngineConfiguration
    private let mailbox: Mailbox<EngineCommand>
    private let nextID = Atomic<UInt64>(0)
    private let isStopping = Atomic(false)

    /// - Parameters:
    ///   - model: handed over: only the engine's thread touches it from now on.
    public init(
        model: sending any StepModel, tokenizer: Tokenizer, configuration: EngineConfiguration = EngineConfiguration()
    ) {
        precondition(
            model.blockCount * model.blockLength >= model.contextLength, "the KV cache holds no whole context")
        precondition(tokenizer.vocabularySize <= model.vocabularySize, "the model has no row for some tokens")
        self.tokenizer = tokenizer
        self.configuration = configuration
        contextLength = model.contextLength
        vocabularySize = model.vocabularySize
        status = EngineStatus(blockCount: model.blockCount, blockLength: model.blockLength)
        mailbox = Mailbox()
        let loop = EngineLoop(model: model, configuration: configuration, mailbox: mailbox, status: status)
        EngineThread.start { loop.run() }
    }

    deinit { mailbox.post(.exit) }

    /// Queues a request, or says why not.
    public func submit(_ request: GenerationRequest) throws(AdmissionError) -> GenerationStream {
        guard !isStopping.load(ordering: .relaxed) else { throw .stopping }
        guard !request.prompt.isEmpty else { throw .emptyPrompt }
        if let stranger = stranger(in: request) { throw .invalidToken(stranger.rawValue) }
        // A prompt that fills the context leaves no room for a token, unless none is wanted.
        let room = contextLength - request.prompt.count
        guard room > 0 || (room == 0 && request.stop.maximumTokens == 0) else {
            throw .contextExceeded(promptTokens: request.prompt.count, limit: contextLength)
        }
        guard status.reserve(promptTokens: request.prompt.count, limits: configuration) else { throw .overloaded }
        let id = SequenceID(rawValue: nextID.add(1, ordering: .relaxed).newValue)
        // The channel keeps the engine, so that a stream outlives every other reference to it.
        let channel = GenerationChannel(capacity: configuration.streamCapacity) { [self] in
            mailbox.post(.abort(id))
        }
        let output = SequenceOutput(request: request, tokenizer: tokenizer, channel: channel)
        let sequence = Sequence(
            id: id, request: request, contextLength: contextLength, output: output, submittedAt: .now)
        mailbox.post(.submit(SequenceTransfer(sequence)))
        return GenerationStream(channel)
    }

    /// A token of the request that is not of the vocabulary: it would be used as an index into a row of logits.
    private func stranger(in request: GenerationRequest) -> TokenID? {
        func isStrange(_ token: TokenID) -> Bool { !(0..<vocabularySize).contains(Int(token.rawValue)) }
        return request.prompt.first(where: isStrange) ?? request.stop.tokens.first(where: isStrange)
            ?? request.sampling.logitBias.keys.first(where: isStrange)
    }

    /// Takes no more requests; those under way go on to their end.
    public func stopAccepting() { isStopping.store(true, ordering: .relaxed) }

    /// Ends every sequence at once with the given reason.
    public func abortAll(_ reason: SequenceEnd) { mailbox.post(.abortAll(reason)) }
}

enum EngineCommand: Sendable {
    case submit(SequenceTransfer)
    case abort(SequenceID)
    case abortAll(SequenceEnd)
    case exit
}

/// Carries a new sequence to the engine thread.
// SAFETY: the submitter makes the sequence, posts it and never touches it again.
struct SequenceTransfer: @unchecked Sendable {
    let sequence: Sequence
    init(_ sequence: Sequence) { self.sequence = sequence }
}
