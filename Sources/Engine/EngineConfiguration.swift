/// How much an engine takes on.
public struct EngineConfiguration: Sendable {
    /// Sequences that run at once.
    public var maximumSequences: Int = 64
    /// Tokens that one step computes at most: each running sequence's next token, and chunks of prompts.
    public var maximumBatchedTokens: Int = 512
    /// Sequences that may wait while all places are taken.
    public var maximumWaitingSequences: Int = 256
    /// Prompt tokens that may wait.
    public var maximumWaitingTokens: Int = 1 << 20
    /// How long a sequence may wait for its first step.
    public var queueTimeout: Duration = .seconds(30)
    /// Events that may wait for the reader of one stream; then its sequence makes no more until the reader has caught up.
    public var streamCapacity: Int = 128
    /// How long a reader may be behind before its sequence is given up.
    public var readerTimeout: Duration = .seconds(30)
    /// Rows of logits in one step of requests that score their prompts.
    public var maximumScoredRows: Int = 64

    public init() {}

    /// Sequences that may be unfinished at once.
    public var maximumLiveSequences: Int { maximumSequences + maximumWaitingSequences }
}
