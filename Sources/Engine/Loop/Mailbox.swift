import DequeModule
import Dispatch
import Synchronization

/// Commands to the engine thread from anywhere; the thread sleeps in `receive` when it has nothing to do.
final class Mailbox<Command: Sendable>: Sendable {
    private struct State {
        var commands: Deque<Command> = []
        var isReceiverAsleep = false
    }

    /// How long `receive` waits for a command when there is none.
    enum Patience {
        case none
        case until(ContinuousClock.Instant)
        case forever
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    func post(_ command: Command) {
        let mustWake = state.withLock { state in
            state.commands.append(command)
            defer { state.isReceiverAsleep = false }
            return state.isReceiverAsleep
        }
        if mustWake { wakeUp.signal() }
    }

    /// All commands that arrived; none if patience ended first.
    func receive(_ patience: Patience) -> Deque<Command> {
        while true {
            let commands = state.withLock { state -> Deque<Command>? in
                if state.commands.isEmpty, case .none = patience { return [] }
                if state.commands.isEmpty {
                    state.isReceiverAsleep = true
                    return nil
                }
                defer { state.commands = [] }
                return state.commands
            }
            if let commands { return commands }
            guard case .until(let deadline) = patience else {
                wakeUp.wait()
                continue
            }
            // Whoever has nothing to do looks up once an hour; deadlines may be further away than any timer reaches.
            let time = min(max(deadline - .now, .zero), .seconds(3600))
            if wakeUp.wait(timeout: .now() + .nanoseconds(time.nanoseconds)) == .timedOut { return receiveLate() }
        }
    }

    /// After a wait that ended by itself: whoever posts from now on need not wake anybody.
    private func receiveLate() -> Deque<Command> {
        let (commands, wasWoken) = state.withLock { state in
            defer { state = State() }
            return (state.commands, !state.isReceiverAsleep)
        }
        // Somebody posted between the time-out and now, and its signal is on the way; it must not wake a later wait.
        if wasWoken { wakeUp.wait() }
        return commands
    }
}
