/// What a streamed body says when it has said nothing for a while.
public struct Heartbeat: Sendable, Hashable {
    /// The longest silence.
    public var interval: Duration
    /// What means nothing to the client wherever a write may begin.
    public var bytes: [UInt8]

    public init(interval: Duration, bytes: [UInt8]) {
        precondition(interval > .zero && !bytes.isEmpty)
        self.interval = interval
        self.bytes = bytes
    }
}
