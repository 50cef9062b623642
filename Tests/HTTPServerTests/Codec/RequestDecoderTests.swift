import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct RequestDecoderTests {
    private func head(_ wire: String) throws -> RequestHead {
        var decoder = RequestDecoder(limits: HTTPLimits())
        decoder.feed([UInt8](latin1: wire).span)
        guard case .head(let head) = try decoder.next() else { throw Incomplete() }
        return head
    }

    private struct Incomplete: Error {}

    @Test func headTellsWhatTheRequestSays() throws {
        let head = try head(
            "POST http://API.example:80/v1/%6Dodels?x=%41 HTTP/1.1\r\nhost: api.example:80\r\nX-A: 1\r\nx-a: 2\r\n"
                + "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n")
        #expect(head.method == .post)
        #expect(head.target.path == "/v1/models")
        #expect(head.target.query == "x=%41")
        #expect(head.authority?.text == "api.example:80")
        #expect(head.authority?.host == "api.example")
        #expect(head.fields[values: HTTPField.Name("X-A")!] == ["1", "2"])
        #expect(head.expectation == .continuation)
        #expect(head.framing == .length(3))
        #expect(head.request.path == "/v1/models?x=%41")
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: x, Close\r\n", false), ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
    ])
    func persistence(version: String, fields: String, keepAlive: Bool) throws {
        #expect(try head("GET / \(version)\r\nHost: a\r\n\(fields)\r\n").keepAlive == keepAlive)
    }

    @Test(arguments: [
        ("Expect: 100-continue", RequestExpectation.continuation), ("Expect: x", .unknown),
        ("Expect: 100-continue, x", .unknown), ("X: y", .none),
    ])
    func expectations(field: String, expectation: RequestExpectation) throws {
        #expect(
            try head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\(field)\r\n\r\n").expectation == expectation)
        #expect(try head("POST / HTTP/1.0\r\nContent-Length: 1\r\n\(field)\r\n\r\n").expectation == .none)
    }

    @Test func pipelinedRequestsComeOneByOne() throws {
        var decoder = RequestDecoder(limits: HTTPLimits())
        let wire = (0..<3).map { "POST /\($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n\($0)" }.joined()
        decoder.feed(Array(wire.utf8).span)
        for index in 0..<3 {
            guard case .head(let head) = try decoder.next() else { throw Incomplete() }
            #expect(head.target.path == "/\(index)")
            #expect(try decoder.next() == nil, "the body waits for a decision")
            try decoder.receiveBody(upTo: 1)
            #expect(try decoder.next() == .body(Array("\(index)".utf8)))
            #expect(try decoder.next() == nil, "the next request waits for its turn")
            decoder.startNextMessage()
        }
        #expect(decoder.bufferedBytes == 0 && !decoder.isMidMessage)
    }

    @Test func chunkedBodyOverTheLimitIsRefusedBeforeItsBytesCome() throws {
        var harness = DecoderHarness(bodyLimit: 8)
        harness.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n".utf8)
        #expect(harness.outcome.rejection == nil)
        harness.feed("1\r\n".utf8)
        #expect(harness.outcome.rejection == 413)
    }

    @Test func floodOfTinyChunksIsRefused() throws {
        var limits = HTTPLimits()
        limits.chunkOverheadBytes = 1000
        var harness = DecoderHarness(limits: limits)
        harness.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        var sent = 0
        while harness.outcome.rejection == nil, sent < 1000 {
            harness.feed("1\r\nx\r\n".utf8)
            sent += 1
        }
        #expect(harness.outcome.rejection == 400)
        #expect((250...252).contains(sent), "four bytes of surplus each, after \(sent)")
    }

    @Test func mutatedMessagesNeverConfuseTheDecoder() {
        let seeds = [
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n",
            "POST /b?c HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 11\r\nConnection: close\r\n\r\nhello world",
            "GET http://a/%41 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        ].map { Array($0.utf8) }
        let alphabet = Array("\r\n :;=,\"\\0129aAfFxGET/.%[]\u{0}\u{7F}".utf8) + [0x80, 0xFF]
        for seed in 0..<4000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var wire = seeds[Int(seed) % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = wire.indices.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: wire[index] = alphabet.randomElement(using: &generator) ?? 0
                case 1: wire.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
                case 2: wire.remove(at: index)
                default: wire.insert(contentsOf: wire[index..<min(index + 8, wire.count)], at: index)
                }
                if wire.isEmpty { wire = [0] }
            }
            let whole = DecoderHarness.outcome(of: [wire[...]], bodyLimit: 64)
            let cut = wire.indices.randomElement(using: &generator) ?? 0
            let halves = DecoderHarness.outcome(of: [wire[..<cut], wire[cut...]], bodyLimit: 64)
            let bytes = DecoderHarness.outcome(of: wire.indices.map { wire[$0...$0] }, bodyLimit: 64)
            #expect(whole == halves && whole == bytes, "seed \(seed)")
            #expect(whole.messages.allSatisfy { $0.body.count <= 64 }, "seed \(seed)")
        }
    }
}
