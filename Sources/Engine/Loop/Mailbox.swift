import DequeModule
import Dispatch
import Synchronization

/// Commands to the engine thread from anywhere; the thread sleeps in `receive` when it has nothing to do.
final class Mailbox<Command: Sendable>: Sendable {
    private struct State {
        var commands: Deque<Command> = []
        var isReceiverAsleep = false
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

    /// All commands that arrived; when there are none, waits for one or returns nothing, as asked.
    func receive(waiting: Bool) -> Deque<Command> {
        while true {
            let commands = state.withLock { state -> Deque<Command>? in
                if state.commands.isEmpty, waiting {
                    state.isReceiverAsleep = true
                    return nil
                }
                defer { state.commands = [] }
                return state.commands
            }
            if let commands { return commands }
            wakeUp.wait()
        }
    }
}
