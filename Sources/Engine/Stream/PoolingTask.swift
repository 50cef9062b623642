/// A pooling request under way, for one consumer.
///
/// Cancelling the task that waits for the reply, or letting go of this, ends the request.
public final class PoolingTask: Sendable {
    let channel: PoolingChannel

    init(_ channel: PoolingChannel) { self.channel = channel }

    deinit { channel.cancel() }

    /// Ends the consumer's interest: the request is aborted within one step. Harmless after the end.
    public func cancel() { channel.cancel() }

    /// Waits for the reply; nil once cancelled. To be called once.
    public func reply() async -> PoolingReply? { await channel.next() }
}

typealias PoolingChannel = EventChannel<PoolingReply>

extension PoolingReply: SequenceEvent {
    var isTerminal: Bool { true }
}
