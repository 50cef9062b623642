import HTTPTypes

extension Connection {
    /// Sends a whole response and ends the exchange.
    func respond(_ response: HTTPServerResponse, on loop: isolated EventLoop) {
        guard let exchange, case .pending = exchange.response else { return }
        let allowsBody = ResponseHead.allowsBody(response.status)
        writeHead(
            response.status, response.headers, framing: allowsBody ? .length(response.body.count) : .absent, on: loop)
        if allowsBody, !exchange.isHead {
            output.append(response.body)
            self.exchange?.responseBodyBytes = response.body.count
        }
        endExchange(.completed, on: loop)
    }

    /// Sends the head of a response whose body follows.
    func startStream(
        _ status: HTTPResponse.Status, _ headers: HTTPFields, _ heartbeat: Heartbeat?, on loop: isolated EventLoop
    ) {
        guard let exchange else { return }
        let framing: ResponseFraming =
            !ResponseHead.allowsBody(status) ? .absent : exchange.version == .http11 ? .chunked : .untilClose
        if framing == .untilClose, !exchange.isHead { self.exchange?.keepAlive = false }
        writeHead(status, headers, framing: framing, on: loop)
        self.exchange?.response = .streaming(framing)
        self.exchange?.heartbeat = framing == .absent || exchange.isHead ? nil : heartbeat
        self.exchange?.quietSince = loop.now
    }

    private func writeHead(
        _ status: HTTPResponse.Status, _ headers: HTTPFields, framing: ResponseFraming, on loop: isolated EventLoop
    ) {
        guard let exchange else { return }
        precondition(status.code >= 200, "interim responses are the server's own")
        let asksToClose = headers[values: .connection].contains { $0.lowercased() == "close" }
        let mayFollow = !peerFinishedSending || decoder.bufferedBytes > 0
        let keepAlive = exchange.keepAlive && !asksToClose && !context.isDraining && mayFollow
        self.exchange?.keepAlive = keepAlive
        self.exchange?.status = status
        var fields = headers
        fields.append(contentsOf: context.configuration.responseFields(loop.now - exchange.receivedAt))
        if let added = exchange.responseFields { fields.append(contentsOf: added) }
        if let policy = context.configuration.crossOrigin {
            fields.append(contentsOf: policy.responseFields(for: exchange.head?.fields[.origin]))
        }
        ResponseHead(
            status: status, fields: fields, framing: framing, version: exchange.version, keepAlive: keepAlive,
            requestID: exchange.id
        ).write(to: &output, date: loop.date)
    }

    /// Sends a piece of a streamed body.
    func writeBody(_ bytes: [UInt8], on loop: isolated EventLoop) {
        guard let exchange, case .streaming(let framing) = exchange.response, !bytes.isEmpty, !exchange.isHead
        else { return }
        switch framing {
        case .chunked:
            output.append(hexadecimal: bytes.count)
            output.append("\r\n")
            output.append(bytes)
            output.append("\r\n")
        case .untilClose, .length: output.append(bytes)
        case .absent: return
        }
        self.exchange?.responseBodyBytes += bytes.count
        self.exchange?.quietSince = loop.now
    }

    /// Ends a streamed body and the exchange.
    func finishBody(on loop: isolated EventLoop) {
        guard let exchange, case .streaming(let framing) = exchange.response else { return }
        if framing == .chunked, !exchange.isHead { output.append("0\r\n\r\n") }
        endExchange(.completed, on: loop)
    }

    /// Ends the exchange, and the connection with it if it does not live on.
    func endExchange(_ outcome: RequestSummary.Outcome, on loop: isolated EventLoop) {
        guard let exchange else { return }
        self.exchange = nil
        exchange.reservation?.release()
        failWriters(outcome == .clientGone ? .peerGone : .finished)
        waitingSince = loop.now
        context.gauges.requestEnded()
        context.configuration.requestFinished(
            RequestSummary(
                id: exchange.id, method: exchange.head?.method, path: exchange.head?.target.path,
                route: exchange.route, admission: exchange.admission, remoteAddress: remoteAddress,
                status: exchange.status,
                requestBodyBytes: exchange.requestBodyBytes, responseBodyBytes: exchange.responseBodyBytes,
                duration: waitingSince - exchange.receivedAt, outcome: outcome, handlerError: exchange.handlerError))
        guard phase == .open else { return }
        if exchange.keepAlive, exchange.isReceived, outcome == .completed {
            decoder.startNextMessage()
        } else {
            phase = .closing
            decoder.abandon()
        }
    }

    /// The handler's task has come to its end.
    func handlerReturned(failure: (any Error)?, on loop: isolated EventLoop) {
        guard let exchange else { return }
        if let failure, !(failure is any HTTPResponseError) { self.exchange?.handlerError = failure }
        switch (exchange.response, failure) {
        case (.pending, let error as any HTTPResponseError): respond(error.response, on: loop)
        case (.pending, is CancellationError):
            self.exchange?.keepAlive = false
            respond(context.errorResponse(.serviceUnavailable, "the server is shutting down"), on: loop)
        case (.pending, _):
            respond(context.errorResponse(.internalServerError, "the server failed to answer the request"), on: loop)
        case (.streaming, nil): finishBody(on: loop)
        case (.streaming, _):
            // Without its end mark the body is seen to be cut short.
            endExchange(.brokenOff, on: loop)
        }
        advance(on: loop)
    }
}
