/// The events of one sequence, for one consumer.
///
/// Cancelling the consuming task, or letting go of the stream before its end, aborts the sequence.
public final class GenerationStream: AsyncSequence, Sendable {
    public typealias Element = GenerationEvent

    let channel: GenerationChannel

    init(_ channel: GenerationChannel) { self.channel = channel }

    deinit { channel.cancel() }

    /// Ends the consumer's interest: the sequence is aborted within one step. Harmless after the end.
    public func cancel() { channel.cancel() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: GenerationStream

        /// The next event; nil after the terminal one, or once cancelled.
        public mutating func next() async -> GenerationEvent? { await stream.channel.next() }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}

typealias GenerationChannel = EventChannel<GenerationEvent>

extension GenerationEvent: SequenceEvent {
    var isTerminal: Bool {
        if case .finished = self { true } else { false }
    }
}
