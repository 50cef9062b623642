import Testing

@testable import HTTPServer

/// What the server takes and what it refuses, as a table of bytes.
///
/// The rows say again, in bytes, what the published test collections for HTTP/1.1 servers probe (conformance, request
/// smuggling, malformed input), each with the answer that RFC 9112 asks for or, where it leaves a choice, the strict one.
@Suite struct RequestGrammarTests {
    static let requestLines: [GrammarCase] = [
        .line("GET / HTTP/1.1", .body("")),
        .line("HEAD /x HTTP/1.1", .body("")),
        .line("OPTIONS * HTTP/1.1", .body("")),
        .line("DELETE /a/b?c=d HTTP/1.0", .body("")),
        .line("GET / HTTP/1.2", .body("")),
        .line("GET http://a/ HTTP/1.1", .body("")),
        .line("GET HTTP://A/ HTTP/1.1", .body("")),
        .line("GET http://a HTTP/1.1", .body("")),
        .line("GET http://a?q HTTP/1.1", .body("")),
        .line("\r\nGET / HTTP/1.1", .body("")),
        .line("\r\n\r\nGET / HTTP/1.1", .status(400)),
        .line("GET /?a=[b]&c={d}|^`\\ HTTP/1.1", .body("")),
        .line("GET /%7Euser/%41 HTTP/1.1", .body("")),
        .line("GET /a%2Fb HTTP/1.1", .body("")),
        .line("GET  / HTTP/1.1", .status(400)),
        .line("GET /  HTTP/1.1", .status(400)),
        .line("GET\t/\tHTTP/1.1", .status(400)),
        .line(" GET / HTTP/1.1", .status(400)),
        .line("GET / HTTP/1.1 ", .status(400)),
        .line("GET /a b HTTP/1.1", .status(400)),
        .line("GET /", .status(400)),
        .line("GET", .status(400)),
        .line("GET / ", .status(400)),
        .line("GET HTTP/1.1", .status(400)),
        .line("GET / http/1.1", .status(400)),
        .line("GET / HTTP/1.10", .status(400)),
        .line("GET / HTTP/1", .status(400)),
        .line("GET / HTTP/01.1", .status(400)),
        .line("GET / HTTP/1.1a", .status(400)),
        .line("GET / HTTP/1,1", .status(400)),
        .line("GET / HTTPS/1.1", .status(400)),
        .line("GET / HTTP/257.1", .status(400)),
        .line("GET / HTTP/2.0", .status(505)),
        .line("GET / HTTP/0.9", .status(505)),
        .line("GET / HTTP/3.0", .status(505)),
        .line("PRI * HTTP/2.0", .status(505)),
        .line("FOO / HTTP/1.1", .body("")),
        .line("get / HTTP/1.1", .body("")),
        .line("TRACEX / HTTP/1.1", .body("")),
        .line("QUERY / HTTP/1.1", .body("")),
        .line("CONNECT a:443 HTTP/1.1", .status(501)),
        .line("QUERY * HTTP/1.1", .status(400)),
        .line("G@T / HTTP/1.1", .status(400)),
        .line("GE\u{80}T / HTTP/1.1", .status(400)),
        .line("\u{16}\u{3}\u{1}\u{0}", .status(400)),
        .line("GET * HTTP/1.1", .status(400)),
        .line("GET a/b HTTP/1.1", .status(400)),
        .line("GET a:80 HTTP/1.1", .status(400)),
        .line("GET https://a/ HTTP/1.1", .status(400)),
        .line("GET http:///x HTTP/1.1", .status(400)),
        .line("GET http://user@a/ HTTP/1.1", .status(400)),
        .line("GET http://b/ HTTP/1.1", .status(400)),
        .line("GET /#top HTTP/1.1", .status(400)),
        .line("GET /a\\b HTTP/1.1", .status(400)),
        .line("GET /<x> HTTP/1.1", .status(400)),
        .line("GET /?\"x\" HTTP/1.1", .status(400)),
        .line("GET /caf\u{E9} HTTP/1.1", .status(400)),
        .line("GET /%zz HTTP/1.1", .status(400)),
        .line("GET /%4 HTTP/1.1", .status(400)),
        .line("GET /a%00b HTTP/1.1", .status(400)),
        .line("GET /a%0D%0Ab HTTP/1.1", .status(400)),
        .line("GET /../x HTTP/1.1", .status(400)),
        .line("GET /v1/%2e%2e/metrics HTTP/1.1", .status(400)),
        .line("GET /a/. HTTP/1.1", .status(400)),
        .line("GET /.well-known/x..y/...z HTTP/1.1", .body("")),
        .line("GET /\u{0} HTTP/1.1", .status(400)),
        GrammarCase("GET / HTTP/1.1\nHost: a\n\n", .status(400)),
        GrammarCase("GET / HTTP/1.1\rHost: a\r\n\r\n", .status(400)),
        GrammarCase("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .status(400)),
        GrammarCase("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .status(400)),
        GrammarCase("GET /\(String(repeating: "x", count: 8000)) HTTP/1.1\r\nHost: a\r\n\r\n", .body("")),
        GrammarCase("GET /\(String(repeating: "x", count: 8192)) HTTP/1.1\r\nHost: a\r\n\r\n", .status(414)),
        GrammarCase(String(repeating: "A", count: 9000), .status(414)),
        GrammarCase("GET / HTT", .incomplete),
    ]

    static let fieldLines: [GrammarCase] = [
        .fields("X: y", .body("")),
        .fields("X:y", .body("")),
        .fields("X:", .body("")),
        .fields("X: \t y \t", .body("")),
        .fields("X: caf\u{E9}", .body("")),
        .fields("X-A_b.c!#$%&'*+^`|~0: 1", .body("")),
        .fields("X : y", .status(400)),
        .fields("X\t: y", .status(400)),
        .fields("X y: z", .status(400)),
        .fields(" X: y", .status(400)),
        .fields("X: y\r\n folded", .status(400)),
        .fields("X: y\r\n\tfolded", .status(400)),
        .fields(": y", .status(400)),
        .fields("X", .status(400)),
        .fields("X: a\u{0}b", .status(400)),
        .fields("X: a\u{B}b", .status(400)),
        .fields("X: a\u{7F}b", .status(400)),
        .fields("X: a\rb", .status(400)),
        .fields("X: a\nY: b", .status(400)),
        .fields("X(y): z", .status(400)),
        .fields("X\u{E9}: z", .status(400)),
        .fields("\"X\": z", .status(400)),
        .fields("X: y\r\r", .status(400)),
        .fields((0..<99).map { "X\($0): y" }.joined(separator: "\r\n"), .body("")),
        .fields((0..<100).map { "X\($0): y" }.joined(separator: "\r\n"), .status(431)),
        .fields("X: \(String(repeating: "y", count: 60_000))", .body("")),
        .fields("X: \(String(repeating: "y", count: 66_000))", .status(431)),
        GrammarCase("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 70_000))", .status(431)),
        GrammarCase("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\n", .status(400)),
        GrammarCase("GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n", .status(400)),
        GrammarCase("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .status(400)),
        GrammarCase("GET / HTTP/1.1\r\nHost: a\r\n", .incomplete),
    ]

    static let hosts: [GrammarCase] =
        [
            GrammarCase("GET / HTTP/1.1\r\n\r\n", .status(400)),
            GrammarCase("GET / HTTP/1.0\r\n\r\n", .body("")),
            GrammarCase("GET http://a/ HTTP/1.1\r\n\r\n", .status(400)),
            .fields("Host: a", .status(400)),
            .fields("hOsT: b", .status(400)),
        ]
        + [
            "a", "a.example", "A.EXAMPLE:80", "127.0.0.1:8080", "[::1]", "[::1]:8080", "a:", "xn--bcher-kva.example",
            "a%41", "a_b", "[::ffff:127.0.0.1]:1",
        ].map { GrammarCase("GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n", .body("")) }
        + [
            "", " ", "a b", "a/b", "localhost/v1/models?", "a?b", "a#b", "user@a", "a:80:80", "a:x", "a:65536", "a:+80",
            "a:-1", "::1", "[::1", "[]", "[:", "[::1]x", "[::1]:x", "[g::1]", "a, b", "a\\b", "a%4", "a%zz", ":80",
            "http://a", "a:000080", "b\u{FC}cher",
        ].map { GrammarCase("GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n", .status(400)) }

    static let framings: [GrammarCase] = [
        .post("Content-Length: 5", "hello", .body("hello")),
        .post("Content-Length: 0", "", .body("")),
        .post("Content-Length:5", "hello", .body("hello")),
        .post("Content-Length:   5  ", "hello", .body("hello")),
        .post("X: y", "", .body("")),
        .post("Content-Length: 5", "hell", .incomplete),
        .post("Content-Length: 5", "helloGET / HTTP/1.1\r\nHost: a\r\n\r\n", .messages(2)),
        .post("Content-Length: 5", "hello\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .messages(2)),
        GrammarCase("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", .body("hi")),
        .post("Content-Length: 5\r\nContent-Length: 5", "hello", .status(400)),
        .post("Content-Length: 5\r\nContent-Length: 6", "hello", .status(400)),
        .post("Content-Length: 5, 5", "hello", .status(400)),
        .post("Content-Length: 5,", "hello", .status(400)),
        .post("Content-Length:", "", .status(400)),
        .post("Content-Length: +5", "hello", .status(400)),
        .post("Content-Length: -5", "hello", .status(400)),
        .post("Content-Length: 0x5", "hello", .status(400)),
        .post("Content-Length: 5_0", "hello", .status(400)),
        .post("Content-Length: 5 0", "hello", .status(400)),
        .post("Content-Length: 5.0", "hello", .status(400)),
        .post("Content-Length: 5e0", "hello", .status(400)),
        .post("Content-Length: 05", "hello", .status(400)),
        .post("Content-Length: 00", "", .status(400)),
        .post("Content-Length: \"5\"", "hello", .status(400)),
        .post("Content-Length: \u{B}5", "hello", .status(400)),
        .post("Content-Length: \u{B2}", "hello", .status(400)),
        .post("Content-Length : 5", "hello", .status(400)),
        .post("Content-Length: 9223372036854775807", "", .status(413)),
        .post("Content-Length: 9223372036854775808", "", .status(400)),
        .post("Content-Length: 18446744073709551621", "hello", .status(400)),
        .post("Content-Length: 1048577", "", .status(413)),
        .post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n", .status(400)),
        .post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: chunked, identity", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: identity", "", .status(400)),
        .post("Transfer-Encoding: gzip", "", .status(400)),
        .post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n", .status(501)),
        .post("Transfer-Encoding: identity, chunked", "0\r\n\r\n", .status(501)),
        .post("Transfer-Encoding: , chunked", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: chunked,", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: xchunked", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: chunkedx", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: \u{B}chunked", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding: chunked\u{0}", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding:", "", .status(400)),
        .post("Transfer-Encoding : chunked", "0\r\n\r\n", .status(400)),
        .post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n", .status(400)),
        .post("Transfer_Encoding: chunked", "", .body("")),
        .post("Transfer-Encoding: CHUNKED", "0\r\n\r\n", .body("")),
        .post("transfer-encoding:chunked", "0\r\n\r\n", .body("")),
        GrammarCase("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .status(400)),
    ]

    static let chunks: [GrammarCase] = [
        .chunked("5\r\nhello\r\n0\r\n\r\n", .body("hello")),
        .chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", .body("hello world")),
        .chunked("A\r\n0123456789\r\n0\r\n\r\n", .body("0123456789")),
        .chunked("a\r\n0123456789\r\n000\r\n\r\n", .body("0123456789")),
        .chunked("0000000000000005\r\nhello\r\n0\r\n\r\n", .body("hello")),
        .chunked("5;a\r\nhello\r\n0\r\n\r\n", .body("hello")),
        .chunked("5;a=b;c=\"d;\\\"e\"\r\nhello\r\n0;z\r\n\r\n", .body("hello")),
        .chunked("5 ; a = b\r\nhello\r\n0\r\n\r\n", .body("hello")),
        .chunked("5\r\nhello\r\n0\r\nX: y\r\n\r\n", .body("hello")),
        .chunked("0\r\nContent-Length: 7\r\nAuthorization: x\r\n\r\n", .body("")),
        .chunked("0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .messages(2)),
        .chunked("5\r\nhel", .incomplete),
        .chunked("5\r\nhello\r\n0\r\n", .incomplete),
        .chunked("00000000000000005\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5\rhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5\r\nhello\n0\r\n\r\n", .status(400)),
        .chunked("5\r\nhello0\r\n\r\n", .status(400)),
        .chunked("5\r\nhello!\r\n0\r\n\r\n", .status(400)),
        .chunked("5\r\nhello\r\r\n0\r\n\r\n", .status(400)),
        .chunked("0x5\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("+5\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("-5\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5_0\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked(" 5\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5 \r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5\t\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("g\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5,\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5.0\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("FFFFFFFFFFFFFFFF\r\n", .status(400)),
        .chunked("8000000000000000\r\n", .status(400)),
        .chunked("7FFFFFFFFFFFFFFF\r\n", .status(413)),
        .chunked("FFFFFFFFFFFFFFFFF\r\n", .status(400)),
        .chunked("100001\r\n", .status(413)),
        .chunked("5;\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5;a=\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5;a=\"b\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5;a b\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5;a\nb\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5;a\rb\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5;a\u{0}b\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5;\u{B}a\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked("5;\(String(repeating: "a", count: 255))\r\nhello\r\n0\r\n\r\n", .body("hello")),
        .chunked("5;\(String(repeating: "a", count: 256))\r\nhello\r\n0\r\n\r\n", .status(400)),
        .chunked(String(repeating: "1;\(String(repeating: "a", count: 200))\r\nx\r\n", count: 21), .status(400)),
        .chunked("0\r\nX y\r\n\r\n", .status(400)),
        .chunked("0\r\nX : y\r\n\r\n", .status(400)),
        .chunked("0\r\n X: y\r\n\r\n", .status(400)),
        .chunked("0\r\nX: y\n\r\n", .status(400)),
        .chunked("0\r\nX: \(String(repeating: "y", count: 9000))\r\n\r\n", .status(431)),
        .chunked("0\r\n\n", .status(400)),
    ]

    @Test(arguments: requestLines + fieldLines + hosts + framings + chunks)
    func verdict(of row: GrammarCase) {
        let outcome = DecoderHarness.outcome(of: [[UInt8](latin1: row.wire)[...]])
        switch row.verdict {
        case .body(let body):
            #expect(outcome.messages.map(\.body) == [Array(body.utf8)])
            #expect(outcome.rejection == nil && !outcome.isMidMessage)
        case .messages(let count):
            #expect(outcome.messages.count == count)
            #expect(outcome.rejection == nil && !outcome.isMidMessage)
        case .status(let status): #expect(outcome.rejection == status)
        case .incomplete: #expect(outcome.messages.isEmpty && outcome.rejection == nil && outcome.isMidMessage)
        }
    }

    @Test(arguments: requestLines + fieldLines + hosts + framings + chunks)
    func verdictDoesNotDependOnTheCuts(row: GrammarCase) {
        let wire = [UInt8](latin1: row.wire)
        let whole = DecoderHarness.outcome(of: [wire[...]])
        #expect(DecoderHarness.outcome(of: wire.indices.map { wire[$0...$0] }) == whole, "byte by byte")
        // Long rows repeat one byte thousands of times; cuts near their ends tell all.
        let cuts = wire.count < 1500 ? Array(wire.indices) : Array(0..<200) + Array((wire.count - 200)..<wire.count)
        for cut in cuts {
            #expect(DecoderHarness.outcome(of: [wire[..<cut], wire[cut...]]) == whole, "cut at \(cut)")
        }
    }
}
