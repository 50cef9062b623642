import Testing

/// Bytes on the wire and what a strict server makes of them.
struct GrammarCase: Sendable, CustomTestStringConvertible {
    enum Verdict: Sendable, Hashable {
        /// One whole message with this body.
        case body(String)
        /// So many whole messages.
        case messages(Int)
        case status(Int)
        /// More must come.
        case incomplete
    }

    let wire: String
    let verdict: Verdict

    init(_ wire: String, _ verdict: Verdict) {
        self.wire = wire
        self.verdict = verdict
    }

    var testDescription: String { "\(wire.prefix(100).debugDescription) -> \(verdict)" }

    /// A request line between a method and the end of an otherwise good head.
    static func line(_ line: String, _ verdict: Verdict) -> GrammarCase {
        GrammarCase("\(line)\r\nHost: a\r\n\r\n", verdict)
    }

    /// Field lines in an otherwise good GET.
    static func fields(_ fields: String, _ verdict: Verdict) -> GrammarCase {
        GrammarCase("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n", verdict)
    }

    /// A POST with the given framing fields and what follows the head.
    static func post(_ fields: String, _ rest: String, _ verdict: Verdict) -> GrammarCase {
        GrammarCase("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(rest)", verdict)
    }

    /// A chunked POST.
    static func chunked(_ rest: String, _ verdict: Verdict) -> GrammarCase {
        post("Transfer-Encoding: chunked", rest, verdict)
    }
}
