import DequeModule
import Synchronization

/// What an engine tells whoever waits for a sequence.
protocol SequenceEvent: Sendable {
    /// Whether nothing comes after it.
    var isTerminal: Bool { get }
}

/// What the consumer's end of a channel has to tell the engine.
enum ConsumerNotice: Sendable {
    /// At most once: the consumer went before the end.
    case abandoned
    /// The consumer was behind, and is not any more.
    case caughtUp
}

/// The way of events from the engine thread to their consumer.
///
/// The engine never waits: it appends, and is told when the consumer is `capacity` events behind. It makes no more events
/// then, until the channel tells it that the consumer has caught up.
final class EventChannel<Event: SequenceEvent>: Sendable {
    struct State {
        fileprivate var events: Deque<Event> = []
        fileprivate var isFinished = false
        fileprivate var isAbandoned = false
        fileprivate var isBehind = false
        fileprivate var consumer: CheckedContinuation<Event?, Never>?
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let notify: @Sendable (ConsumerNotice) -> Void

    /// - Parameter capacity: events that may wait for the consumer before it counts as behind.
    init(capacity: Int, notify: @escaping @Sendable (ConsumerNotice) -> Void) {
        self.capacity = capacity
        self.notify = notify
    }

    /// Hands an event over; returns whether the consumer is behind.
    func send(_ event: Event) -> Bool {
        let (consumer, isBehind) = state.withLock { state -> (CheckedContinuation<Event?, Never>?, Bool) in
            if state.isFinished || state.isAbandoned { return (nil, false) }
            if event.isTerminal { state.isFinished = true }
            if let consumer = state.consumer {
                state.consumer = nil
                return (consumer, false)
            }
            state.events.append(event)
            state.isBehind = !state.isFinished && state.events.count >= capacity
            return (nil, state.isBehind)
        }
        consumer?.resume(returning: event)
        return isBehind
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
        if wasLive { notify(.abandoned) }
    }

    /// The next event; nil after the terminal one, or once cancelled. One consumer only.
    func next() async -> Event? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = take { $0.consumer = continuation }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// The next event if it is there, `.some(nil)` if there will be none.
    ///
    /// - Parameter wait: called under the lock when the consumer must wait.
    func take(orWait wait: (inout State) -> Void = { _ in }) -> Event?? {
        var hasCaughtUp = false
        let ready = state.withLock { state -> Event?? in
            if let event = state.events.popFirst() {
                hasCaughtUp = state.isBehind && state.events.count <= capacity / 2
                if hasCaughtUp { state.isBehind = false }
                return .some(event)
            }
            if state.isFinished || state.isAbandoned { return .some(nil) }
            precondition(state.consumer == nil, "a channel has one consumer")
            wait(&state)
            return .none
        }
        if hasCaughtUp { notify(.caughtUp) }
        return ready
    }
}
