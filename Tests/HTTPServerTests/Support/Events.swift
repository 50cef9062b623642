import HTTPServer
import Synchronization

/// What has happened, with a way to wait for more.
final class Events: Sendable {
    typealias Event = ServerFixture.Event

    private struct Waiter {
        var predicate: @Sendable ([Event]) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var all: [Event] = []
        var waiters: [Waiter] = []
        var writtenBytes = 0
    }

    private let state = Mutex(State())

    var all: [Event] { state.withLock { $0.all } }
    var writtenBytes: Int { state.withLock { $0.writtenBytes } }

    func noteWritten(_ count: Int) {
        state.withLock { $0.writtenBytes += count }
    }

    func record(_ event: Event) {
        let ready = state.withLock { state in
            state.all.append(event)
            let ready = state.waiters.filter { $0.predicate(state.all) }
            state.waiters.removeAll { $0.predicate(state.all) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func wait(until predicate: @escaping @Sendable ([Event]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if predicate(state.all) { return true }
                state.waiters.append(Waiter(predicate: predicate, continuation: continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    /// Records that `work` started, and if it was cancelled or could not write.
    func noting(_ name: String, _ work: () async throws -> Void) async throws {
        record(.started(name))
        do {
            try await work()
        } catch let error as CancellationError {
            record(.cancelled(name))
            throw error
        } catch let error as ResponseWriteError {
            record(.failed(name, error))
            throw error
        }
    }
}
