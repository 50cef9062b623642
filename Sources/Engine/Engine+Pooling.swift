import Tokenization

extension Engine {
    /// Queues texts to compute something of, or says why not.
    ///
    /// - Throws: `contextExceeded` with the length of the first text that is too long; nothing is queued then.
    public func submit(_ request: PoolingRequest) throws(AdmissionError) -> PoolingTask {
        try check(request)
        let id = try enter(request.tenant, sequenceCount: 1, tokens: request.tokenCount)
        // The channel keeps the engine, so that the task outlives every other reference to it.
        let channel = PoolingChannel(capacity: 1) { [self] notice in
            if case .abandoned = notice { mailbox.post(.abort(id)) }
        }
        let sequence = Sequence(id: id, request: request, channel: channel, submittedAt: clock.now())
        mailbox.post(.submit([SequenceTransfer(sequence, leader: nil)]))
        return PoolingTask(channel)
    }

    private func check(_ request: PoolingRequest) throws(AdmissionError) {
        guard !request.texts.isEmpty else { throw .emptyPrompt }
        if case .classes = request.output, classCount == 0 { throw .notCapable }
        for text in request.texts {
            guard !text.tokens.isEmpty else { throw .emptyPrompt }
            guard text.tokens.count <= contextLength else {
                throw .contextExceeded(promptTokens: text.tokens.count, limit: contextLength)
            }
            if let stranger = text.tokens.first(where: isStrange) { throw .invalidToken(stranger.rawValue) }
            precondition(
                text.tokenTypes.isEmpty || text.tokenTypes.count == text.tokens.count, "each token has one type")
        }
        guard case .masks(_, _, let targets) = request.output else { return }
        if let stranger = targets?.first(where: isStrange) { throw .invalidToken(stranger.rawValue) }
    }
}
