import Synchronization

/// Decides whether one more request is taken on: bounded by sequences, by prompt tokens, and by tenants' shares.
final class Admission: Sendable {
    private struct State {
        var liveCount = 0
        var waitingTokens = 0
        var liveByTenant: [Tenant: Int] = [:]
    }

    private let limits: EngineConfiguration
    private let state = Mutex(State())

    init(limits: EngineConfiguration) { self.limits = limits }

    var waitingPromptTokens: Int { state.withLock { $0.waitingTokens } }

    /// Counts a request's sequences in, or says why not.
    ///
    /// When all places are taken, a tenant with less than its share still comes in; the engine then sends the newest
    /// sequence away that waits of the tenant with most.
    ///
    /// - Parameters:
    ///   - promptTokens: of all prompts; a prompt shared by several sequences counts once.
    ///   - retryAfter: what to tell whoever is not taken.
    func reserve(
        _ tenant: Tenant, sequenceCount: Int, promptTokens: Int, retryAfter: Duration
    ) throws(AdmissionError) {
        try state.withLock { state throws(AdmissionError) in
            // A prompt longer than the bound comes in when no other waits, or it never would.
            let tokens = state.waitingTokens + promptTokens
            guard tokens <= limits.maximumWaitingTokens || state.waitingTokens == 0 else {
                throw .overloaded(retryAfter: retryAfter)
            }
            let own = state.liveByTenant[tenant] ?? 0
            if state.liveCount + sequenceCount > limits.maximumLiveSequences {
                let tenantCount = state.liveByTenant.count + (own == 0 ? 1 : 0)
                let isAlone = tenantCount == 1
                guard !isAlone, own + sequenceCount <= limits.maximumLiveSequences / tenantCount else {
                    throw isAlone || own == 0
                        ? .overloaded(retryAfter: retryAfter) : .shareExceeded(retryAfter: retryAfter)
                }
            }
            state.liveCount += sequenceCount
            state.waitingTokens = tokens
            state.liveByTenant[tenant] = own + sequenceCount
        }
    }

    /// A prompt is being computed, or will not be.
    func promptLeftQueue(tokens: Int) { state.withLock { $0.waitingTokens -= tokens } }

    /// A sequence has ended.
    func sequenceEnded(of tenant: Tenant) {
        state.withLock { state in
            state.liveCount -= 1
            let left = (state.liveByTenant[tenant] ?? 1) - 1
            state.liveByTenant[tenant] = left == 0 ? nil : left
        }
    }
}
