import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT as something to wait for. SIGPIPE is ignored: writes to closed sockets report errors instead.
final class StopSignals: Sendable {
    private struct State {
        var hasFired = false
        var exits = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    // SAFETY: set up in `init` and only kept alive afterwards.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    init() {
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "signals")
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        for source in sources {
            source.setEventHandler { [weak self] in self?.fire() }
            source.resume()
        }
    }

    private func fire() {
        let waiter = state.withLock { state in
            if state.exits { _exit(1) }
            state.hasFired = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns after the first signal.
    func wait() async {
        await withCheckedContinuation { continuation in
            let hasFired = state.withLock { state in
                if !state.hasFired { state.waiter = continuation }
                return state.hasFired
            }
            if hasFired { continuation.resume() }
        }
    }

    /// From now on a signal ends the process at once.
    func exitOnNext() { state.withLock { $0.exits = true } }
}
