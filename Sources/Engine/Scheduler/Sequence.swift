import Tokenization
import Transformer

struct SequenceID: Hashable, Sendable {
    var rawValue: UInt64
}

/// One running completion: its tokens, how far they are computed, and everything that turns logits into text.
///
/// INVARIANT: `0 <= computedCount <= tokens.count <= contextLength`; blocks cover at least `computedCount` positions.
/// Owned by the engine thread.
///
///     tokens   | prompt ............ | generated ... |
///     positions  0                     promptCount     tokens.count
///     KV cache  | computed ......... | pending ..... |
///                0                     computedCount
final class Sequence {
    let id: SequenceID
    let request: GenerationRequest
    let promptCount: Int
    /// The most tokens to generate, after request and context are taken into account.
    let maximumCompletion: Int

    var tokens: [Int32]
    var computedCount = 0
    var blocks: [Int32] = []

    var output: SequenceOutput
    let submittedAt: ContinuousClock.Instant
    var startedAt: ContinuousClock.Instant?
    var firstTokenAt: ContinuousClock.Instant?
    /// How often its blocks were taken away and its tokens had to be computed again.
    var preemptionCount = 0

    init(
        id: SequenceID, request: GenerationRequest, contextLength: Int, output: SequenceOutput,
        submittedAt: ContinuousClock.Instant
    ) {
        self.id = id
        self.request = request
        self.output = output
        self.submittedAt = submittedAt
        promptCount = request.prompt.count
        tokens = request.prompt.map(\.rawValue)
        let room = contextLength - promptCount
        maximumCompletion = min(request.stop.maximumTokens ?? room, room)
    }

    var generatedCount: Int { tokens.count - promptCount }
    var pendingCount: Int { tokens.count - computedCount }
    /// Decoding: only the newest token is not in the cache yet.
    var isDecoding: Bool { pendingCount == 1 && generatedCount > 0 }

    /// Whether the rows of a chunk must all become logits, because prompt positions are still to be scored.
    var needsPromptRows: Bool {
        request.scoresPrompt && computedCount < promptCount && output.scoredPromptCount < promptCount
    }
}
