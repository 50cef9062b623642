import Dispatch
import HTTPTypes

/// What response writers ask of the loop.
extension EventLoop {
    func send(_ response: HTTPServerResponse, for handle: ExchangeHandle) throws(ResponseWriteError) {
        guard let connection = connection(for: handle) else { throw .peerGone }
        connection.respond(response, on: self)
        connection.advance(on: self)
    }

    func startStream(
        status: HTTPResponse.Status, headers: HTTPFields, for handle: ExchangeHandle
    ) throws(ResponseWriteError) {
        guard let connection = connection(for: handle) else { throw .peerGone }
        connection.startStream(status, headers, on: self)
        connection.settle(on: self)
    }

    func write(_ bytes: [UInt8], for handle: ExchangeHandle) async throws {
        guard let connection = connection(for: handle) else { throw missing(handle) }
        connection.writeBody(bytes)
        connection.settle(on: self)
        while self.connection(for: handle) != nil, connection.output.count > connection.limits.outputBytes {
            try await waitForRoom(handle)
        }
        guard self.connection(for: handle) != nil else { throw missing(handle) }
    }

    func finish(_ handle: ExchangeHandle) throws(ResponseWriteError) {
        guard let connection = connection(for: handle) else { throw missing(handle) }
        connection.finishBody(on: self)
        connection.advance(on: self)
    }

    func handlerReturned(_ handle: ExchangeHandle, failure: (any Error)?) {
        connection(for: handle)?.handlerReturned(failure: failure, on: self)
    }

    /// Why an exchange cannot be found: its connection is gone, or it has ended in good order.
    private func missing(_ handle: ExchangeHandle) -> ResponseWriteError {
        channels[handle.channel] == nil ? .peerGone : .finished
    }

    /// Returns when there may be room, or the exchange may be over; its caller looks again.
    private func waitForRoom(_ handle: ExchangeHandle) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                if !Task.isCancelled, let connection = connection(for: handle) {
                    connection.writers.append(continuation)
                } else {
                    continuation.resume()
                }
            }
        } onCancel: {
            // All writers of the exchange wake; those that are not cancelled wait again.
            queue.async { self.assumeIsolated { $0.wakeWriters(of: handle) } }
        }
        try Task.checkCancellation()
    }

    private func wakeWriters(of handle: ExchangeHandle) {
        connection(for: handle)?.resumeWriters()
    }
}
