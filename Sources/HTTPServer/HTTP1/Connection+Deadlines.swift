import HTTPTypes

extension Connection {
    /// What the connection waits for, and how long it may.
    private enum Wait {
        case idle
        case head
        case body
        case output
        case linger
        case handler
    }

    private static let hangupCheckInterval = Duration.milliseconds(100)

    private var wait: Wait? {
        switch phase {
        case .closed: nil
        case .lingering: .linger
        case .closing: .output
        case .open where !output.isEmpty: .output
        case .open:
            if let exchange {
                exchange.isReceived ? .handler : .body
            } else {
                decoder.isMidMessage ? .head : .idle
            }
        }
    }

    func adjustDeadline(on loop: isolated EventLoop) {
        deadline =
            switch wait {
            case nil: nil
            case .idle: waitingSince + limits.idleTimeout
            case .head: waitingSince + limits.headerTimeout
            case .body: min(bodyDeadline, lastInput + limits.bodyGrace)
            case .output: drainAllowance?.nextMeasurement
            case .linger: waitingSince + limits.lingerTimeout
            case .handler: handlerDeadline(at: loop.now)
            }
        loop.schedule(self, id: id)
    }

    /// The peer sends no more, or more than there is room for: only looking tells whether it is still there.
    private var isUnheard: Bool { socket?.isReading != true }

    private func handlerDeadline(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let hangupCheck = isUnheard ? now + Self.hangupCheckInterval : nil
        guard let beat = exchange?.nextHeartbeat else { return hangupCheck }
        return hangupCheck.map { min($0, beat) } ?? beat
    }

    /// Every byte received buys its share of a second. (A long silence ends the wait all the same.)
    private var bodyDeadline: ContinuousClock.Instant {
        waitingSince + limits.bodyGrace + .seconds(1) * decoder.receivedBodyBytes / max(1, limits.bodyBytesPerSecond)
    }

    func deadlineReached(on loop: isolated EventLoop) {
        switch wait {
        case nil: return
        case .idle, .linger: close(on: loop)
        case .output: judgeDrain(on: loop)
        case .head: rejectSlow("the request head took too long", on: loop)
        case .body: rejectSlow("the request body came too slowly", on: loop)
        case .handler:
            if isUnheard, socket?.isHungUp == true { return lose(on: loop) }
            if let beat = exchange?.nextHeartbeat, beat <= loop.now { sendHeartbeat(on: loop) }
            settle(on: loop)
        }
    }

    /// Ends a silence. Only while nothing else is on its way, so never inside what a handler wrote in one piece.
    private func sendHeartbeat(on loop: isolated EventLoop) {
        guard output.isEmpty, let heartbeat = exchange?.heartbeat else { return }
        writeBody(heartbeat.bytes, on: loop)
    }

    private func rejectSlow(_ message: String, on loop: isolated EventLoop) {
        reject(HTTPRejection(status: .requestTimeout, message: message), on: loop)
        settle(on: loop)
    }

    /// Asks a peer that has sent FIN whether it still listens: before the response with an interim response, within a
    /// stream with its heartbeat. Either may be ignored. False if the connection is closed because nobody listens.
    ///
    /// A closed socket answers with a reset, one that only finished sending takes it. See decision 0003.
    func probeIfNeeded(on loop: isolated EventLoop) -> Bool {
        guard peerFinishedSending, phase == .open, output.isEmpty, let exchange, exchange.isReceived
        else { return true }
        if let lastProbe, lastProbe + limits.halfClosedProbeInterval > loop.now { return true }
        switch exchange.response {
        case .pending where exchange.version == .http11: output.append(Self.continueResponse)
        case .streaming where exchange.heartbeat != nil: sendHeartbeat(on: loop)
        default: return true
        }
        lastProbe = loop.now
        guard flush(on: loop) else { return false }
        // Within one machine the reset is there at once.
        guard socket?.isHungUp != true else {
            lose(on: loop)
            return false
        }
        return true
    }
}
