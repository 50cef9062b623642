/// How much an engine takes on.
public struct EngineConfiguration: Sendable {
    /// Sequences that run at once.
    public var maximumSequences: Int = 64
    /// Tokens that one step computes at most: each running sequence's next token, and chunks of prompts.
    public var maximumBatchedTokens: Int = 512
    /// Requests that may wait for a place.
    public var maximumWaitingSequences: Int = 512
    /// Prompt tokens that may wait.
    public var maximumWaitingTokens: Int = 1 << 20
    /// Events that may wait for the reader of one stream before the sequence is given up.
    public var streamCapacity: Int = 4096
    /// Rows of logits in one step of a request that scores its prompt.
    public var maximumScoredRows: Int = 64

    public init() {}
}
