import HTTPTypes

/// Turns the bytes of a connection into requests: feed it what arrives, in whatever pieces, and ask for events.
///
/// It owns no socket and waits for nothing, and its answers depend on the bytes alone, never on how they were cut. One
/// message at a time: after a head it stops until ``receiveBody(upTo:)`` says how much body may come, and after a body
/// until ``startNextMessage()``, so pipelined bytes wait in the buffer meanwhile. After a rejection it is spent.
struct RequestDecoder: Sendable {
    enum Event: Hashable {
        /// The request line and all fields. Routing happens here, before any of the body is taken.
        case head(RequestHead)
        /// The whole body, empty if there is none.
        case body([UInt8])
    }

    enum State {
        case requestLine
        case fields(RequestHeadBuilder)
        case awaitingDecision(BodyFraming)
        case fixedBody(remaining: Int)
        case chunkSize
        case chunkData(remaining: Int)
        case chunkEnd
        case trailers
        case complete
    }

    let limits: HTTPLimits
    var state = State.requestLine
    var body: [UInt8] = []
    var bodyLimit = 0
    var chunks = ChunkAccount()

    /// Bytes not yet taken: `buffer[start...]`; `buffer[start..<scanned]` holds no line end.
    private(set) var buffer: [UInt8] = []
    private(set) var start = 0
    private var scanned = 0
    /// What the lines of the current section (request line, fields or trailers) have used up.
    var sectionBytes = 0
    private var skippedEmptyLine = false

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Bytes that arrived and belong to no finished part of a message.
    var bufferedBytes: Int { buffer.count - start }

    /// Body bytes received so far, for the rate check.
    var receivedBodyBytes: Int { body.count + chunks.overhead }

    /// Whether a message has begun and is not complete.
    var isMidMessage: Bool {
        switch state {
        case .requestLine: bufferedBytes > 0
        case .complete: false
        default: true
        }
    }

    mutating func feed(_ bytes: Span<UInt8>) {
        if start == buffer.count {
            dropBuffer()
        } else if start > 4096 {
            buffer.removeSubrange(0..<start)
            scanned -= start
            start = 0
        }
        bytes.withUnsafeBufferPointer { buffer.append(contentsOf: $0) }
    }

    /// The next event, or nil until more bytes come.
    mutating func next() throws(HTTPRejection) -> Event? {
        while true {
            switch state {
            case .requestLine:
                guard try readRequestLine() else { return nil }
            case .fields(var builder):
                guard let head = try readFields(&builder) else { return nil }
                state = .awaitingDecision(head.framing)
                return .head(head)
            case .awaitingDecision, .complete:
                return nil
            case .fixedBody, .chunkSize, .chunkData, .chunkEnd, .trailers:
                guard try readBody() else { return nil }
                state = .complete
                defer { body = [] }
                return .body(body)
            }
        }
    }

    /// Lets the body of the announced request come, up to `limit` bytes.
    mutating func receiveBody(upTo limit: Int) throws(HTTPRejection) {
        guard case .awaitingDecision(let framing) = state else {
            preconditionFailure("receiveBody(upTo:) follows a head event")
        }
        bodyLimit = limit
        switch framing {
        case .absent:
            state = .fixedBody(remaining: 0)
        case .length(let length):
            guard length <= limit else { throw Self.bodyTooLarge(limit) }
            // An announced length is a claim: memory follows the bytes that really come.
            body.reserveCapacity(min(length, 64 * 1024))
            state = .fixedBody(remaining: length)
        case .chunked:
            chunks = ChunkAccount()
            state = .chunkSize
        }
    }

    /// Makes ready for the next request on the connection, whose first bytes may already be here.
    mutating func startNextMessage() {
        guard case .complete = state else { preconditionFailure("the current message is not complete") }
        state = .requestLine
        sectionBytes = 0
        skippedEmptyLine = false
        chunks = ChunkAccount()
        if start == buffer.count { dropBuffer() }
    }

    /// Drops what has come of the body: nobody will read it.
    mutating func abandon() {
        body = []
    }

    static func bodyTooLarge(_ limit: Int) -> HTTPRejection {
        HTTPRejection(status: .contentTooLarge, message: "the request body is larger than \(limit) bytes")
    }

    static var requestLineTooLong: HTTPRejection {
        HTTPRejection(status: .uriTooLong, message: "the request line is too long")
    }

    static var fieldsTooLarge: HTTPRejection {
        HTTPRejection(status: .requestHeaderFieldsTooLarge, message: "the header or trailer fields are too large")
    }

    /// Takes up to `count` bytes out of the buffer and appends them to the body.
    mutating func moveToBody(atMost count: Int) -> Int {
        let taken = min(count, bufferedBytes)
        body.append(contentsOf: buffer[start..<(start + taken)])
        start += taken
        scanned = start
        return taken
    }

    private mutating func dropBuffer() {
        // Idle connections must be cheap: only a small buffer is kept for the next message.
        buffer.removeAll(keepingCapacity: buffer.capacity <= 1024)
        start = 0
        scanned = 0
    }
}

extension RequestDecoder {
    private mutating func readRequestLine() throws(HTTPRejection) -> Bool {
        let isFirstLook = scanned == start
        if isFirstLook, bufferedBytes > 0, !buffer[start].isTokenCharacter, buffer[start] != .carriageReturn {
            // No line end need ever come, for instance from a client that speaks TLS.
            throw .badRequest("the request line does not start with a method")
        }
        guard let line = try takeLine(limit: limits.requestLineBytes, tooLong: Self.requestLineTooLong) else {
            return false
        }
        if line.isEmpty {
            // RFC 9112 2.2: one empty line before a request is forgiven.
            guard !skippedEmptyLine else { throw .badRequest("the request line is empty") }
            skippedEmptyLine = true
            sectionBytes = 0
            return true
        }
        state = .fields(RequestHeadBuilder(line: try RequestLine(parsing: buffer.span.extracting(line))))
        sectionBytes = 0
        return true
    }

    private mutating func readFields(_ builder: inout RequestHeadBuilder) throws(HTTPRejection) -> RequestHead? {
        // The builder must be held once only, or each field would copy all before it.
        state = .complete
        while let line = try takeLine(limit: limits.headerBytes, tooLong: Self.fieldsTooLarge) {
            if line.isEmpty { return try builder.finish() }
            try builder.add(buffer.span.extracting(line), limits: limits)
        }
        state = .fields(builder)
        return nil
    }

    /// Takes the next line without its CRLF, or nil while it is incomplete.
    ///
    /// A bare CR, a bare LF or a NUL is refused as soon as it is seen (RFC 9112 2.2); so is a section over `limit`.
    mutating func takeLine(
        limit: Int, tooLong: @autoclosure () -> HTTPRejection
    ) throws(HTTPRejection) -> Range<Int>? {
        let end = try Self.lineFeed(
            in: buffer.span, from: scanned, lineStart: start, limit: limit - sectionBytes, tooLong: tooLong())
        guard let end else {
            scanned = buffer.count
            return nil
        }
        let line = start..<(end - 1)
        start = end + 1
        scanned = start
        sectionBytes += line.count + 2
        return line
    }

    /// The index of the LF that ends the line from `lineStart`; what stands before `from` has been looked at.
    private static func lineFeed(
        in bytes: Span<UInt8>, from: Int, lineStart: Int, limit: Int, tooLong: @autoclosure () -> HTTPRejection
    ) throws(HTTPRejection) -> Int? {
        var index = from
        while index < bytes.count {
            let byte = bytes[index]
            let followsReturn = index > lineStart && bytes[index - 1] == .carriageReturn
            if byte == .lineFeed {
                guard followsReturn else { throw .badRequest("a line ends without a carriage return") }
                return index
            }
            guard byte != 0, !followsReturn else { throw .badRequest("a line holds a control character") }
            guard index - lineStart < limit || byte == .carriageReturn else { throw tooLong() }
            index += 1
        }
        return nil
    }
}
