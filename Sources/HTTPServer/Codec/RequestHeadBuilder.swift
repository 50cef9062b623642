import HTTPTypes

/// Collects the field lines of one request and decides what they mean together.
///
/// A field that frames the message or names its host may come once and in one spelling: whatever two servers in a chain
/// could read differently is refused (RFC 9112 11.2, request smuggling).
struct RequestHeadBuilder: Sendable {
    private let line: RequestLine
    private var fields = HTTPFields()
    private var authority: Authority?
    private var contentLength: Int?
    private var isChunked = false
    private var expectation = RequestExpectation.none
    private var asksToClose = false
    private var asksToKeepAlive = false

    init(line: RequestLine) {
        self.line = line
    }

    /// Adds one field line, without its line end.
    mutating func add(_ line: Span<UInt8>, limits: HTTPLimits) throws(HTTPRejection) {
        let field = try FieldLine(parsing: line)
        guard fields.count < limits.headerFields else {
            throw HTTPRejection(status: .requestHeaderFieldsTooLarge, message: "the request has too many header fields")
        }
        let value = line.extracting(field.value)
        switch field.name {
        case .hostField: try setHost(value)
        case .contentLength: try setContentLength(value)
        case .transferEncoding: try setTransferEncoding(value)
        case .connection: noteConnectionOptions(value)
        case .expect: expectation = value.equalsIgnoringCase("100-continue") ? .continuation : .unknown
        default: break
        }
        fields.append(value.withUnsafeBufferPointer { HTTPField(name: field.name, value: $0) })
    }

    /// The finished head, once the empty line has come.
    func finish() throws(HTTPRejection) -> RequestHead {
        if isChunked {
            // RFC 9112 6.1: both together is how requests are smuggled; 1.0 has no transfer codings.
            guard contentLength == nil else {
                throw .badRequest("Content-Length and Transfer-Encoding exclude each other")
            }
            guard line.version == .http11 else { throw .badRequest("HTTP/1.0 has no Transfer-Encoding") }
        }
        guard authority != nil || line.version == .http10 else { throw .badRequest("the Host field is missing") }
        return RequestHead(
            method: line.method,
            target: line.target,
            version: line.version,
            fields: fields,
            authority: authority,
            framing: isChunked ? .chunked : contentLength.map(BodyFraming.length) ?? .absent,
            // RFC 9110 10.1.1: an expectation in a 1.0 request is ignored.
            expectation: line.version == .http11 ? expectation : .none,
            keepAlive: !asksToClose && (line.version == .http11 || asksToKeepAlive))
    }

    private mutating func setHost(_ value: Span<UInt8>) throws(HTTPRejection) {
        guard authority == nil else { throw .badRequest("the Host field comes twice") }
        let host = try Authority(parsing: value)
        if let target = line.target.authority, target != host.text {
            throw .badRequest("the Host field and the request target name different hosts")
        }
        authority = host
    }

    private mutating func setContentLength(_ value: Span<UInt8>) throws(HTTPRejection) {
        guard contentLength == nil else { throw .badRequest("Content-Length comes twice") }
        // Leading zeros are within the grammar but read as octal by some: no client needs them.
        guard value.count > 0, value.allSatisfy(\.isDigit), value.count == 1 || value[0] != UInt8(ascii: "0") else {
            throw .badRequest("Content-Length is not a plain decimal number")
        }
        var length = 0
        for index in value.indices {
            let (product, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(value[index] - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw .badRequest("Content-Length is out of range") }
            length = sum
        }
        contentLength = length
    }

    /// `chunked`, alone and once, is the only transfer coding the server reads.
    private mutating func setTransferEncoding(_ value: Span<UInt8>) throws(HTTPRejection) {
        guard !isChunked else { throw .badRequest("Transfer-Encoding comes twice") }
        if value.equalsIgnoringCase("chunked") {
            isChunked = true
            return
        }
        // RFC 9112 6.3: without `chunked` at the end the length is unknowable (400); with it, the other codings
        // are merely not implemented (6.1: 501).
        guard let comma = Self.lastIndex(of: UInt8(ascii: ","), in: value), comma > 0,
            value.extracting(value.trimmedRange(from: comma + 1)).equalsIgnoringCase("chunked"),
            Self.isTokenList(value.extracting(0..<comma)),
            !Self.containsChunked(value.extracting(0..<comma))
        else { throw .badRequest("Transfer-Encoding does not end in chunked") }
        throw HTTPRejection(status: .notImplemented, message: "the only transfer coding known here is chunked")
    }

    private mutating func noteConnectionOptions(_ value: Span<UInt8>) {
        Self.forEachElement(of: value) { option in
            if option.equalsIgnoringCase("close") { asksToClose = true }
            if option.equalsIgnoringCase("keep-alive") { asksToKeepAlive = true }
        }
    }

    private static func lastIndex(of byte: UInt8, in bytes: Span<UInt8>) -> Int? {
        var index = bytes.count
        while index > 0 {
            index -= 1
            if bytes[index] == byte { return index }
        }
        return nil
    }

    private static func isTokenList(_ bytes: Span<UInt8>) -> Bool {
        var isList = true
        forEachElement(of: bytes) { if $0.isEmpty || !$0.allSatisfy(\.isTokenCharacter) { isList = false } }
        return isList
    }

    private static func containsChunked(_ bytes: Span<UInt8>) -> Bool {
        var found = false
        forEachElement(of: bytes) { if $0.equalsIgnoringCase("chunked") { found = true } }
        return found
    }

    private static func forEachElement(of list: Span<UInt8>, _ visit: (Span<UInt8>) -> Void) {
        var start = 0
        while start <= list.count {
            let end = list.firstIndex(of: UInt8(ascii: ","), from: start) ?? list.count
            let element = list.extracting(start..<end)
            visit(element.extracting(element.trimmedRange()))
            start = end + 1
        }
    }
}

/// A field line taken apart: the name, and where the value stands in the line without surrounding white space.
struct FieldLine {
    var name: HTTPField.Name
    var value: Range<Int>

    /// RFC 9112 5: `name ":" OWS value OWS`. White space before the colon and folded lines are refused (5.1, 5.2).
    init(parsing line: Span<UInt8>) throws(HTTPRejection) {
        guard !line[0].isOptionalWhitespace else { throw .badRequest("a header line starts with white space") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw .badRequest("a header line has no colon")
        }
        guard let name = HTTPField.Name(line.extracting(0..<colon).text) else {
            throw .badRequest("a header name is not a token")
        }
        value = line.trimmedRange(from: colon + 1)
        guard line.extracting(value).allSatisfy(\.isFieldValueByte) else {
            throw .badRequest("a header value holds a control character")
        }
        self.name = name
    }
}
