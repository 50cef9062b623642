import HTTPTypes

extension Connection {
    /// What the connection waits for, and how long it may.
    private enum Wait {
        case idle
        case head
        case body
        case output
        case linger
        /// The peer sends no more, or more than there is room for: only looking tells whether it is still there.
        case handlerUnheard
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
                if !exchange.isReceived { .body } else { socket?.isReading == true ? nil : .handlerUnheard }
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
            case .handlerUnheard: loop.now + Self.hangupCheckInterval
            }
        probeIfNeeded(on: loop)
        loop.schedule(self, id: id)
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
        case .handlerUnheard:
            if socket?.isHungUp == true { lose(on: loop) } else { settle(on: loop) }
        }
    }

    private func rejectSlow(_ message: String, on loop: isolated EventLoop) {
        reject(HTTPRejection(status: .requestTimeout, message: message), on: loop)
        settle(on: loop)
    }

    /// Asks a peer that has sent FIN whether it still listens, with an interim response it may ignore.
    ///
    /// A closed socket answers with a reset, one that only finished sending takes it. See decision 0003.
    private func probeIfNeeded(on loop: isolated EventLoop) {
        guard peerFinishedSending, phase == .open, let exchange, exchange.isReceived,
            case .pending = exchange.response, exchange.version == .http11
        else { return }
        if let lastProbe, lastProbe + limits.halfClosedProbeInterval > loop.now { return }
        lastProbe = loop.now
        Self.continueResponse.withUTF8Buffer { _ = socket?.write(UnsafeRawBufferPointer($0)) }
    }
}
