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
    /// Seconds that a step without decodes may take while another model waits for the same threads: its streams are held
    /// up by so much for each of their tokens. Readers follow 30 tokens a second.
    var sharedStepSeconds = 0.025
    /// How many times longer than an empty step such a step may take whatever that comes to. On a large model the first
    /// token of a chunk costs as much as many more.
    var sharedStretch = 2.0
    /// Prompt tokens that a step takes at least, so that one fast decoder does not starve a long prompt.
    var minimumChunk = 8
    /// How many times longer than a step with equal shares for all tenants a step may take because some have more.
    var tenantStretch = 2.0
    /// The same when prompts are read beside them, and for both together. Stretches that are multiplied with one another
    /// (twice for rows, two and a half times for prompts) slowed a single stream down five times beside a tenant with a
    /// long line.
    var tenantStretchBesidePrompts = 1.4
    var tenantStretchWithPrompts = 2.2
    /// How many times longer than its interactive part a step may take because batch sequences decode beside it.
    var batchStretch = 1.25
}
