import Dispatch
import Glibc
import Synchronization

/// Accepts connections and hands them on, at a pace the process can bear.
final class Listener: Sendable {
    /// SAFETY: dispatch objects may be used from any thread; Dispatch on Linux merely does not say so.
    private struct Source: @unchecked Sendable {
        let source: any DispatchSourceRead
    }

    private struct State: Sendable {
        var source: Source?
        var isPaused = false
    }

    let address: SocketAddress
    private let socket: ListeningSocket
    private let queue: DispatchQueue
    private let state = Mutex(State())
    private let accepted: @Sendable (SharedDescriptor, SocketAddress) -> Void

    /// Binds and listens; connections come once ``start()`` is called, on `queue`.
    init(
        _ address: ListenAddress, backlog: Int, queue: DispatchQueue,
        accepted: @escaping @Sendable (SharedDescriptor, SocketAddress) -> Void
    ) throws {
        let socket = try ListeningSocket(address, backlog: backlog)
        self.address = socket.address
        self.socket = socket
        self.queue = queue
        self.accepted = accepted
    }

    func start() {
        let source = DispatchSource.makeReadSource(fileDescriptor: socket.rawValue, queue: queue)
        source.setEventHandler(handler: DispatchWorkItem { [weak self] in self?.acceptWaiting() })
        // The listener, and with it the descriptor, outlives the source.
        source.setCancelHandler(handler: DispatchWorkItem { withExtendedLifetime(self) {} })
        source.activate()
        let handle = Source(source: source)
        state.withLock { $0.source = handle }
    }

    /// Accepts no more. The port is free once the cancellation has run on the queue.
    func stop() {
        state.withLock { state in
            state.source?.source.cancel()
            // A suspended source would never get round to its cancellation.
            if state.isPaused { state.source?.source.resume() }
            state = State()
        }
        if case .unix(let path) = address { unlink(path) }
    }

    private func acceptWaiting() {
        // A bounded batch, so that a flood of connections does not starve those that exist.
        for _ in 0..<64 {
            switch socket.accept() {
            case .connection(let descriptor, let peer): accepted(SharedDescriptor(descriptor), peer)
            case .noneWaiting: return
            case .exhausted: return pause()
            }
        }
    }

    /// Waits a moment for descriptors to come free; the waiting connections stay in the kernel's queue.
    private func pause() {
        state.withLock { state in
            state.source?.source.suspend()
            state.isPaused = state.source != nil
        }
        queue.asyncAfter(deadline: .now() + .milliseconds(100)) { self.resume() }
    }

    private func resume() {
        state.withLock { state in
            guard state.isPaused else { return }
            state.isPaused = false
            state.source?.source.resume()
        }
    }
}
