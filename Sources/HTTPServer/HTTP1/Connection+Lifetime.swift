import HTTPTypes

extension Connection {
    /// Sends what waits and brings the socket in line with the state.
    func settle(on loop: isolated EventLoop) {
        if flush(on: loop) { arrange(on: loop) }
    }

    /// Brings the socket in line with the state: ends the connection step by step, reads or not, sets the deadline.
    func arrange(on loop: isolated EventLoop) {
        if phase == .closing, output.isEmpty { linger(on: loop) }
        if phase == .lingering, peerFinishedSending { return close(on: loop) }
        adjustReading()
        guard probeIfNeeded(on: loop) else { return }
        adjustDeadline(on: loop)
    }

    private func linger(on loop: isolated EventLoop) {
        phase = .lingering
        waitingSince = loop.now
        socket?.finishWriting()
    }

    private func adjustReading() {
        let wanted =
            switch phase {
            case _ where peerFinishedSending: false
            case .lingering: true
            case .closing, .closed: false
            case .open where exchange?.isReceived == true: decoder.bufferedBytes < limits.pipelineBytes
            // A client that does not take its answers cannot have more of them.
            case .open: output.count <= limits.outputBytes
            }
        if wanted { socket?.resumeReading() } else { socket?.pauseReading() }
    }

    /// The peer is gone: whoever works for it is told to stop, and the connection closes.
    func lose(on loop: isolated EventLoop) {
        exchange?.task?.cancel()
        close(on: loop)
    }

    /// Lets go of the socket. Whatever was under way is over.
    func close(on loop: isolated EventLoop) {
        guard phase != .closed else { return }
        phase = .closed
        deadline = nil
        loop.remove(id)
        endExchange(.clientGone, on: loop)
        output.removeAll()
        socket = nil
        context.gauges.connectionClosed(from: context.cappedClient(remoteAddress), isStranger: isStranger)
    }

    func stop(_ how: ChannelStop, on loop: isolated EventLoop) {
        switch how {
        case .whenIdle:
            if exchange == nil, phase == .open, output.isEmpty, !decoder.isMidMessage { close(on: loop) }
        case .cancel:
            exchange?.task?.cancel()
            if exchange?.task == nil, phase == .open { close(on: loop) }
        case .now: lose(on: loop)
        }
    }
}
