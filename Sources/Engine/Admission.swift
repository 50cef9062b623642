import Synchronization

/// Decides whether one more request is taken on: bounded by sequences, by prompt tokens, and by tenants' shares.
final class Admission: Sendable {
    private struct Account {
        var liveCount = 0
        var waitingTokens = 0
    }

    private struct State {
        var liveCount = 0
        var waitingTokens = 0
        /// Of tenants that have sequences.
        var accounts: [Tenant: Account] = [:]
    }

    private let limits: EngineConfiguration
    private let state = Mutex(State())

    init(limits: EngineConfiguration) { self.limits = limits }

    var waitingPromptTokens: Int { state.withLock { $0.waitingTokens } }

    /// Counts a request's sequences in, or says why not.
    ///
    /// When all places are taken, a tenant with less than its share still comes in; the engine then sends the newest
    /// sequence away that waits of the tenant with most. Likewise with prompt tokens, without sending anybody away: all
    /// tenants together then have more waiting than the bound by a small factor only, their shares' harmonic sum.
    ///
    /// - Parameters:
    ///   - promptTokens: of all prompts; a prompt shared by several sequences counts once.
    ///   - retryAfter: what to tell whoever is not taken.
    func reserve(
        _ tenant: Tenant, sequenceCount: Int, promptTokens: Int, retryAfter: Duration
    ) throws(AdmissionError) {
        try state.withLock { state throws(AdmissionError) in
            var account = state.accounts[tenant] ?? Account()
            let isNew = account.liveCount == 0
            let tenantCount = state.accounts.count + (isNew ? 1 : 0)
            account.liveCount += sequenceCount
            account.waitingTokens += promptTokens
            let isTooMany = state.liveCount + sequenceCount > limits.maximumLiveSequences
            // A prompt longer than the bound comes in when no other waits, or it never would.
            let isTooLong =
                state.waitingTokens > 0 && promptTokens > 0
                && state.waitingTokens + promptTokens > limits.maximumWaitingTokens
            let isWithinShare =
                tenantCount > 1
                && (!isTooMany || account.liveCount <= limits.maximumLiveSequences / tenantCount)
                && (!isTooLong || account.waitingTokens <= limits.maximumWaitingTokens / tenantCount)
            guard isWithinShare || !(isTooMany || isTooLong) else {
                throw tenantCount == 1 || isNew
                    ? .overloaded(retryAfter: retryAfter) : .shareExceeded(retryAfter: retryAfter)
            }
            state.liveCount += sequenceCount
            state.waitingTokens += promptTokens
            state.accounts[tenant] = account
        }
    }

    /// A prompt is being computed, or will not be.
    func promptLeftQueue(of tenant: Tenant, tokens: Int) {
        state.withLock { state in
            state.waitingTokens -= tokens
            state.accounts[tenant]?.waitingTokens -= tokens
        }
    }

    /// A sequence has ended.
    func sequenceEnded(of tenant: Tenant) {
        state.withLock { state in
            state.liveCount -= 1
            state.accounts[tenant]?.liveCount -= 1
            if state.accounts[tenant]?.liveCount == 0 { state.accounts[tenant] = nil }
        }
    }
}
