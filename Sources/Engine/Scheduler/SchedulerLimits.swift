/// Bounds of what one step takes on.
struct SchedulerLimits {
    /// Tokens of one step: decodes first, chunks of prompts with what is left.
    var maximumBatchedTokens: Int
    /// Sequences that hold a place at once.
    var maximumSequences: Int
    /// Rows of logits that the scoring chunks of a step may ask for: a row is a whole vocabulary of floats.
    var maximumScoredRows: Int

    /// How many times longer than its decodes alone a step may take because prompts run beside them. Readers see their
    /// tokens at most so much later while somebody else's prompt is read; the longest gap asked for is three times the
    /// usual one.
    var promptStretch = 2.5
    /// Prompt tokens that a step takes at least, so that one fast decoder does not starve a long prompt.
    var minimumChunk = 16
    /// How many times longer than a step with equal shares for all tenants a step may take because some have more.
    var tenantStretch = 2.0
    /// How many times longer than its interactive part a step may take because batch sequences decode beside it.
    var batchStretch = 1.25
}
