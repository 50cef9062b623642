import Dispatch
import Glibc

/// SIGHUP as a call; as long as this lives, the signal does not end the process.
final class ReloadSignal: Sendable {
    // SAFETY: set up in `init` and only kept alive afterwards.
    nonisolated(unsafe) private let source: any DispatchSourceSignal

    /// - Parameter reload: called for each signal, one call after the other, on a thread that may wait for a disk.
    init(_ reload: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "reload"))
        source.setEventHandler(handler: reload)
        source.resume()
    }

    deinit { source.cancel() }
}
