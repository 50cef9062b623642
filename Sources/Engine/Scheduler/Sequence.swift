import Tokenization
import Transformer

struct SequenceID: Hashable, Comparable, Sendable {
    /// In order of submission.
    var rawValue: UInt64

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One running completion: its tokens, how far they are computed, and everything that turns logits into text. Or a
/// pooling request, which takes its place among them and its turns like a prompt that is read text by text; it has no
/// tokens of its own and keeps no blocks from one step to the next.
///
/// INVARIANT: `0 <= computedCount <= tokens.count <= contextLength`; blocks cover at least `computedCount` positions; the
/// first `findableCount` blocks are full and registered in the prefix cache. Owned by the engine thread.
///
///     tokens   | prompt ............ | generated ... |
///     positions  0                     promptCount     tokens.count
///     KV cache  | computed ......... | pending ..... |
///                0                     computedCount
final class Sequence {
    /// Where a sequence is on its way. It holds blocks only while it runs.
    enum Phase {
        /// In the waiting line, for the first time or after it lost its blocks.
        case waiting
        /// Waits for the sequence whose prompt it shares to have computed it.
        case following
        case running
        /// Lost its blocks while its reader was behind; waits for the reader.
        case parked
        case finished
    }

    /// What a sequence is there for.
    enum Work {
        case completion(Completion)
        case texts(PoolingJob)
    }

    let id: SequenceID
    let work: Work
    let tenant: Tenant
    let lane: Lane
    let deadline: ContinuousClock.Instant?
    let promptCount: Int
    /// The most tokens to generate, after request and context are taken into account.
    let maximumCompletion: Int
    private(set) var namespace: PrefixNamespace

    var phase = Phase.waiting
    var tokens: [Int32]
    var computedCount = 0
    var blocks: [Int32] = []
    var findableCount = 0
    /// Prompt tokens for which it is counted among those that wait.
    var waitingTokens = 0
    /// Sequences of the same request that will go on from this one's prompt.
    var followers: [Sequence] = []
    /// Since when the reader has been behind; the sequence makes no more tokens until it has caught up.
    var pausedAt: ContinuousClock.Instant?
    /// The number of the last step that had a token of it; 0 before the first.
    var lastStep: UInt64 = 0
    /// Whether the step being planned has dealt with it.
    var isPlanned = false

    let submittedAt: ContinuousClock.Instant
    var startedAt: ContinuousClock.Instant?
    var firstTokenAt: ContinuousClock.Instant?
    /// Prompt tokens that were found in the prefix cache when it first ran.
    var cachedPromptCount = 0
    /// How often its blocks were taken away and its tokens had to be computed again.
    var preemptionCount = 0

    init(
        id: SequenceID, request: GenerationRequest, contextLength: Int, output: SequenceOutput,
        submittedAt: ContinuousClock.Instant
    ) {
        self.id = id
        work = .completion(Completion(request: request, output: output))
        (tenant, lane, deadline) = (request.tenant, request.lane, request.deadline)
        self.submittedAt = submittedAt
        namespace = PrefixNamespace(tenant: request.tenant, salt: request.cacheSalt)
        promptCount = request.prompt.count
        tokens = request.prompt.map(\.rawValue)
        let room = contextLength - promptCount
        maximumCompletion = min(request.stop.maximumTokens ?? room, room)
    }

    /// A place for the texts of a pooling request.
    init(id: SequenceID, request: PoolingRequest, channel: PoolingChannel, submittedAt: ContinuousClock.Instant) {
        self.id = id
        work = .texts(PoolingJob(request, channel: channel))
        (tenant, lane, deadline) = (request.tenant, request.lane, request.deadline)
        self.submittedAt = submittedAt
        namespace = PrefixNamespace(tenant: request.tenant, salt: "")
        (promptCount, maximumCompletion, tokens) = (0, 0, [])
        waitingTokens = request.tokenCount
    }

    /// The completion that this is. Whoever is in a step's segments is one.
    var completion: Completion {
        guard case .completion(let completion) = work else { preconditionFailure("texts complete nothing") }
        return completion
    }

    /// The texts of a pooling request; nil for a completion.
    var job: PoolingJob? {
        if case .texts(let job) = work { job } else { nil }
    }

    /// Whether its keys are those of a long text.
    var isLong: Bool {
        get { namespace.isLong }
        set { namespace.isLong = newValue }
    }

    var isPaused: Bool { pausedAt != nil }
    var generatedCount: Int { tokens.count - promptCount }
    var pendingCount: Int { tokens.count - computedCount }
    /// Decoding: only the newest token is not in the cache yet.
    var isDecoding: Bool { pendingCount == 1 && generatedCount > 0 }

    /// Whether the rows of a chunk must all become logits, because prompt positions are still to be scored.
    var needsPromptRows: Bool {
        guard case .completion(let completion) = work else { return false }
        return completion.request.scoresPrompt && computedCount < promptCount
            && completion.output.scoredPromptCount < promptCount
    }
}

/// What was asked for, and how logits become text.
final class Completion {
    let request: GenerationRequest
    var output: SequenceOutput

    init(request: GenerationRequest, output: SequenceOutput) {
        self.request = request
        self.output = output
    }
}

extension GenerationRequest {
    /// Whether `other` can go on from this one's computed prompt: the same tokens of the same tenant, nothing to score.
    func canLead(_ other: GenerationRequest) -> Bool {
        tenant == other.tenant && cacheSalt == other.cacheSalt && lane == other.lane && !scoresPrompt
            && !other.scoresPrompt && prompt == other.prompt
    }
}
