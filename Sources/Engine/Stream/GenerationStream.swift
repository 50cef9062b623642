import DequeModule
import Synchronization

/// The events of one sequence, for one consumer.
///
/// Cancelling the consuming task, or letting go of the stream before its end, aborts the sequence.
public final class GenerationStream: AsyncSequence, Sendable {
    public typealias Element = GenerationEvent

    private let channel: GenerationChannel

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

/// The way of events from the engine thread to a stream's consumer.
///
/// The engine never waits: it appends, and when the consumer has let `capacity` events pile up, the engine is told so and
/// ends the sequence.
final class GenerationChannel: Sendable {
    private struct State {
        var events: Deque<GenerationEvent> = []
        var isFinished = false
        var isAbandoned = false
        var consumer: CheckedContinuation<GenerationEvent?, Never>?
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let onAbandon: @Sendable () -> Void

    /// - Parameters:
    ///   - capacity: events that may wait for the consumer.
    ///   - onAbandon: called at most once, when the consumer goes before the end.
    init(capacity: Int, onAbandon: @escaping @Sendable () -> Void) {
        self.capacity = capacity
        self.onAbandon = onAbandon
    }

    /// Hands an event over. False when the consumer's buffer is full; a terminal event is always taken.
    func send(_ event: GenerationEvent) -> Bool {
        var isTerminal = false
        if case .finished = event { isTerminal = true }
        let (consumer, isTaken) = state.withLock { state -> (CheckedContinuation<GenerationEvent?, Never>?, Bool) in
            if state.isFinished || state.isAbandoned { return (nil, true) }
            if isTerminal { state.isFinished = true }
            if let consumer = state.consumer {
                state.consumer = nil
                return (consumer, true)
            }
            guard isTerminal || state.events.count < capacity else { return (nil, false) }
            state.events.append(event)
            return (nil, true)
        }
        consumer?.resume(returning: event)
        return isTaken
    }

    /// The consumer goes: whoever waits gets nil, and the engine is told unless the sequence is over.
    func cancel() {
        let (consumer, wasLive) = state.withLock { state in
            let wasLive = !state.isFinished && !state.isAbandoned
            state.isAbandoned = true
            state.events.removeAll()
            defer { state.consumer = nil }
            return (state.consumer, wasLive)
        }
        consumer?.resume(returning: nil)
        if wasLive { onAbandon() }
    }

    /// The next event; nil after the terminal one, or once cancelled. One consumer only.
    func next() async -> GenerationEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> GenerationEvent?? in
                    if let event = state.events.popFirst() { return .some(event) }
                    if state.isFinished || state.isAbandoned { return .some(nil) }
                    precondition(state.consumer == nil, "a generation stream has one consumer")
                    state.consumer = continuation
                    return .none
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            cancel()
        }
    }
}
