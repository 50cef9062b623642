import Dispatch
import Synchronization

/// Work that one thread does while the caller does something else and then waits for it.
///
/// For work that starts a process: the caller's thread is blocked while it waits.
final class SideTask<Value: Sendable>: Sendable {
    private typealias Outcome = Result<(value: Value, duration: Duration), any Error>

    private let outcome = Mutex<Outcome?>(nil)
    private let done = DispatchGroup()

    /// Starts the work.
    init(_ body: @escaping @Sendable () throws -> Value) {
        DispatchQueue.global(qos: .userInitiated).async(group: done) { [self] in
            let start = ContinuousClock.now
            let outcome = Outcome { (try body(), start.duration(to: .now)) }
            self.outcome.withLock { $0 = outcome }
        }
    }

    /// What the work made and how long it took, or its error.
    func wait() throws -> (value: Value, duration: Duration) {
        done.wait()
        guard let outcome = outcome.withLock({ $0 }) else { preconditionFailure("the work has ended") }
        return try outcome.get()
    }
}
