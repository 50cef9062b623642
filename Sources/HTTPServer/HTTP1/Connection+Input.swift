import HTTPTypes

extension Connection {
    static let continueResponse: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    func readable(on loop: isolated EventLoop) {
        guard let outcome = socket?.read(into: loop.readBuffer) else { return }
        switch outcome {
        case .wouldBlock: return
        case .failed: return lose(on: loop)
        case .endOfStream: return endOfInput(on: loop)
        case .bytes(let count):
            switch phase {
            case .open:
                lastInput = loop.now
                if exchange == nil, !decoder.isMidMessage { waitingSince = lastInput }
                loop.readBuffer.withBytes(count) { decoder.feed($0) }
                advance(on: loop)
                loseIfReset(on: loop)
            case .lingering:
                lingeredBytes += count
                if lingeredBytes > limits.lingerBytes { close(on: loop) }
            case .closing, .closed: return
            }
        }
    }

    /// Looks once more before waiting: bytes and a reset that came together are a single event, and Dispatch, which takes
    /// the descriptor out of its epoll set on a hang-up, has no second one to tell of the reset.
    private func loseIfReset(on loop: isolated EventLoop) {
        let isWaiting = phase == .open && (exchange != nil || decoder.isMidMessage)
        if isWaiting, socket?.isHungUp == true { lose(on: loop) }
    }

    /// Takes requests from the decoder as long as there is nobody to wait for, and sends what came of it.
    func advance(on loop: isolated EventLoop) {
        var lackedRoom: Bool
        repeat {
            lackedRoom = takeRequests(on: loop)
            guard flush(on: loop) else { return }
        } while lackedRoom && output.count <= limits.outputBytes
        arrange(on: loop)
    }

    /// Serves requests until there are no more, one is being worked on, or the output is full: true for the last.
    private func takeRequests(on loop: isolated EventLoop) -> Bool {
        while phase == .open, exchange?.isReceived != true {
            guard output.count <= limits.outputBytes else { return true }
            do throws(HTTPRejection) {
                let event = try decoder.next()
                try chargeBody(event)
                guard let event else {
                    if peerFinishedSending { endOfRequests(on: loop) }
                    return false
                }
                switch event {
                case .head(let head): try begin(head, on: loop)
                case .body(let body): serve(body, on: loop)
                }
            } catch {
                reject(error, on: loop)
            }
        }
        return false
    }

    /// The peer will send no more; what it has sent is still answered.
    private func endOfInput(on loop: isolated EventLoop) {
        peerFinishedSending = true
        switch phase {
        case .open: advance(on: loop)
        case .closing: settle(on: loop)
        case .lingering: close(on: loop)
        case .closed: return
        }
    }

    /// Ends the connection of a peer that will send no more, once all it sent is answered.
    private func endOfRequests(on loop: isolated EventLoop) {
        if exchange != nil || decoder.isMidMessage {
            reject(.badRequest("the request is incomplete"), on: loop)
        } else {
            phase = .closing
        }
    }

    /// Routes a request and decides, before any of its body is taken, whether it may come.
    private func begin(_ head: RequestHead, on loop: isolated EventLoop) throws(HTTPRejection) {
        let id = RequestIDGenerator.accepted(head.fields[.xRequestID]) ?? context.requestIDs.next()
        let now = loop.now
        let plan = RequestPolicy(context: context).plan(head, id: id, remoteAddress: remoteAddress, receivedAt: now)
        openExchange(id: id, head: head, plan: plan, at: now)
        if isStranger, exchange?.isFromKnownClient == true {
            isStranger = false
            context.gauges.strangerIntroduced()
        }
        waitingSince = now
        switch plan {
        case .refusal(let response, _) where head.framing.hasBody:
            // The body stays unread, so nothing can follow it.
            exchange?.keepAlive = false
            respond(response, on: loop)
        case .refusal:
            try decoder.receiveBody(upTo: 0)
        case .route(let request):
            try reserveBody(head.framing)
            try decoder.receiveBody(upTo: request.route.attributes.maximumBodyBytes ?? limits.bodyBytes)
            if head.expectation == .continuation, head.framing.hasBody, decoder.bufferedBytes == 0 {
                output.append(Self.continueResponse)
            }
        }
    }

    private func openExchange(id: String, head: RequestHead?, plan: Exchange.Plan?, at now: ContinuousClock.Instant) {
        lastSerial += 1
        context.gauges.requestBegan()
        exchange = Exchange(
            serial: lastSerial, plan: plan, head: head, id: id, receivedAt: now, keepAlive: head?.keepAlive ?? false,
            quietSince: now)
    }

    /// The request is whole: lets its handler answer it.
    private func serve(_ body: [UInt8], on loop: isolated EventLoop) {
        exchange?.isReceived = true
        exchange?.requestBodyBytes = body.count
        switch exchange?.plan {
        case nil: return
        case .refusal(let response, _): respond(response, on: loop)
        case .route(var request):
            request.body = body
            switch request.route.action {
            case .inline(let handler): respond(handler(request), on: loop)
            case .handler(let handler): start(handler, for: request, on: loop)
            }
        }
    }

    private func start(_ handler: @escaping HTTPHandler, for request: HTTPServerRequest, on loop: EventLoop) {
        let handle = ExchangeHandle(loop: loop, channel: id, serial: lastSerial)
        let gauges = context.gauges
        let reservation = exchange?.reservation
        exchange?.reservation = nil
        gauges.handlerBegan()
        exchange?.task = Task { @concurrent in
            var failure: (any Error)?
            do {
                try await handler(request, ResponseWriter(exchange: handle))
            } catch {
                failure = error
            }
            reservation?.release()
            await handle.loop.handlerReturned(handle, failure: failure)
            gauges.handlerEnded()
        }
    }

    /// Answers a message that cannot be served, and ends the connection: nobody knows where the next one would begin.
    func reject(_ rejection: HTTPRejection, on loop: isolated EventLoop) {
        if exchange == nil { openExchange(id: context.requestIDs.next(), head: nil, plan: nil, at: loop.now) }
        exchange?.keepAlive = false
        var response = context.errorResponse(rejection.status, rejection.message)
        if let seconds = rejection.retryAfter { response.headers[.retryAfter] = String(seconds) }
        respond(response, on: loop)
    }
}

/// The server's budget for bodies.
extension Connection {
    private static let bodiesFull = HTTPRejection(
        status: .serviceUnavailable, message: "the server has no room for more request bodies", retryAfter: 1)

    /// Refuses a body that cannot fit now before any of it is sent; an announced length takes nothing yet.
    private func reserveBody(_ framing: BodyFraming) throws(HTTPRejection) {
        switch framing {
        case .absent: return
        case .length(let length):
            guard context.bodyBudget.hasRoom(for: length) else { throw Self.bodiesFull }
        case .chunked: break
        }
        exchange?.reservation = BodyReservation(from: context.bodyBudget)
    }

    /// Counts what has come of the body.
    private func chargeBody(_ event: RequestDecoder.Event?) throws(HTTPRejection) {
        guard let reservation = exchange?.reservation else { return }
        let count = if case .body(let body) = event { body.count } else { decoder.body.count }
        guard reservation.grow(to: count) else { throw Self.bodiesFull }
    }
}
