import DequeModule

/// A handler that waits for room, and what it wants to send.
struct PendingWrite {
    let id: UInt64
    let bytes: [UInt8]
    let continuation: CheckedContinuation<Void, any Error>
}

extension Connection {
    /// What a chunk's size and line ends add to it: 16 digits and two CRLF at most.
    private static let chunkFramingBytes = 20

    /// Whether `count` more body bytes may join the output now.
    ///
    /// Writes go in their order, each in one piece, so events of several writers never mix. One that is larger than the
    /// whole buffer goes alone: its bytes exist already.
    func hasRoom(for count: Int) -> Bool {
        output.isEmpty || output.count + count + Self.chunkFramingBytes <= limits.outputBytes
    }

    func writable(on loop: isolated EventLoop) {
        // Pipelined requests may have waited for room.
        if phase == .open, exchange == nil { advance(on: loop) } else { settle(on: loop) }
    }

    /// Hands waiting bytes to the kernel; false if the connection is closed, perhaps because that showed the peer gone.
    func flush(on loop: isolated EventLoop) -> Bool {
        guard phase != .closed else { return false }
        repeat {
            guard sendOutput() else {
                lose(on: loop)
                return false
            }
        } while admitWriters(on: loop)
        socket?.awaitWritability(!output.isEmpty)
        adjustDrainAllowance(on: loop)
        return true
    }

    /// Sends until the kernel takes no more; false if the peer is gone.
    private func sendOutput() -> Bool {
        var isConnected = true
        var taken = 1
        while !output.isEmpty, isConnected, taken > 0 {
            output.drain { bytes in
                let count = socket?.write(bytes)
                isConnected = count != nil
                taken = count ?? 0
                return taken
            }
            handedOver += taken
        }
        return isConnected
    }

    /// Lets waiting handlers go on, first come first served, as far as there is room; true if they added anything.
    private func admitWriters(on loop: isolated EventLoop) -> Bool {
        var added = false
        while let first = writers.first, hasRoom(for: first.bytes.count) {
            writers.removeFirst()
            writeBody(first.bytes, on: loop)
            first.continuation.resume()
            added = true
        }
        return added
    }

    /// Ends the wait of all handlers: what they want to send has nowhere to go.
    func failWriters(_ error: ResponseWriteError) {
        let waiting = writers
        writers = []
        for writer in waiting { writer.continuation.resume(throwing: error) }
    }

    private func adjustDrainAllowance(on loop: isolated EventLoop) {
        if output.isEmpty {
            // From now on the peer owes a request, if anything.
            if drainAllowance != nil, exchange == nil, !decoder.isMidMessage { waitingSince = loop.now }
            drainAllowance = nil
        } else if drainAllowance == nil {
            drainAllowance = DrainAllowance(acknowledged: acknowledgedBytes, at: loop.now, limits: limits)
        }
    }

    /// Bytes of the connection that the peer's kernel has taken, or nearly so where the kernel does not tell.
    private var acknowledgedBytes: Int { handedOver - (socket?.unacknowledgedBytes ?? 0) }

    /// Looks how far the peer has come, and gives it up if that is too little.
    func judgeDrain(on loop: isolated EventLoop) {
        guard var allowance = drainAllowance else { return settle(on: loop) }
        allowance.measure(acknowledged: acknowledgedBytes, at: loop.now)
        drainAllowance = allowance
        if allowance.end <= loop.now { lose(on: loop) } else { settle(on: loop) }
    }
}
