import DequeModule
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
        status: HTTPResponse.Status, headers: HTTPFields, heartbeat: Heartbeat?, for handle: ExchangeHandle
    ) throws(ResponseWriteError) {
        guard let connection = connection(for: handle) else { throw .peerGone }
        connection.startStream(status, headers, heartbeat, on: self)
        connection.settle(on: self)
    }

    func write(_ bytes: [UInt8], for handle: ExchangeHandle) async throws {
        guard let connection = connection(for: handle) else { throw missing(handle) }
        guard connection.writers.isEmpty, connection.hasRoom(for: bytes.count) else {
            return try await waitForRoom(bytes, on: handle.channel)
        }
        connection.writeBody(bytes, on: self)
        connection.settle(on: self)
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

    /// Returns once the connection has taken the bytes into its output.
    private func waitForRoom(_ bytes: [UInt8], on channel: ChannelID) async throws {
        lastWriteID += 1
        let id = lastWriteID
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                addWrite(PendingWrite(id: id, bytes: bytes, continuation: continuation), to: channel)
            }
        } onCancel: {
            queue.async { self.assumeIsolated { $0.cancelWrite(id, of: channel) } }
        }
    }

    /// Lines a write up. A cancellation that comes later than this runs on this queue, so it finds the entry.
    private func addWrite(_ write: PendingWrite, to channel: ChannelID) {
        guard !Task.isCancelled else { return write.continuation.resume(throwing: CancellationError()) }
        guard let connection = channels[channel] as? Connection else {
            return write.continuation.resume(throwing: ResponseWriteError.peerGone)
        }
        connection.writers.append(write)
    }

    private func cancelWrite(_ id: UInt64, of channel: ChannelID) {
        guard let connection = channels[channel] as? Connection,
            let index = connection.writers.firstIndex(where: { $0.id == id })
        else { return }
        connection.writers.remove(at: index).continuation.resume(throwing: CancellationError())
        // The next in line may be smaller.
        connection.settle(on: self)
    }
}
