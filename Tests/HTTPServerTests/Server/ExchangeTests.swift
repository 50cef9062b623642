import HTTPServer
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(10))) struct ExchangeTests {
    @Test func aConnectionServesManyRequests() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            for index in 0..<5 {
                let response = try await client.get("/hello?\(index)")
                #expect(response.status == 200 && response.text == "hello \(index)")
                #expect(!response.closes)
                #expect(response["date"]?.hasSuffix("GMT") == true)
                #expect(response["server"] == nil)
            }
            #expect(fixture.server.gauges.acceptedConnections == 1)
            #expect(fixture.server.gauges.requests == 5)
        }
    }

    @Test func aCloseThatIsAskedForComes() async throws {
        try await ServerFixture.run { fixture in
            for request in [
                "GET /inline HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /inline HTTP/1.0\r\n\r\n",
            ] {
                let client = try await fixture.connect()
                let response = try await client.exchange(request)
                #expect(response.closes && response.text == "inline")
                #expect(try await client.rest().isEmpty)
            }
            let old = try await fixture.connect()
            for _ in 0..<2 {
                let response = try await old.exchange("GET /inline HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(response["connection"] == "keep-alive")
            }
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            try await client.send(
                "GET /pause/30 HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo"
                    + "GET /inline HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().text == "late")
            #expect(try await client.response().text == "two")
            #expect(try await client.response().text == "inline")
        }
    }

    @Test func aClientThatDoesNotReadCannotPipelineWithoutEnd() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect(receiveBuffer: 4096)
            let count = 400
            async let sent: Void = client.send(
                String(repeating: "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", count: count))
            // All of it is 13 MB; the kernel's buffers and the server's hold some of it and no more.
            await fixture.wait { $0.count >= 3 }
            #expect(fixture.recorded.count < count)
            for _ in 0..<count { #expect(try await client.response().body.count == 32 * 1024) }
            try await sent
        }
    }

    @Test func headIsGetWithoutTheBody() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let head = try await client.exchange("HEAD /inline HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(head.status == 200 && head["content-length"] == "6")
            let stream = try await client.exchange("HEAD /stream/3 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(stream.status == 200 && stream["transfer-encoding"] == "chunked")
            #expect(try await client.get("/inline").text == "inline", "nothing of a body is left over")
        }
    }

    @Test func optionsAndWrongMethodsNameWhatIsAllowed() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let wrong = try await client.exchange("DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(wrong.status == 405 && wrong["allow"] == "OPTIONS, POST" && !wrong.body.isEmpty)
            let options = try await client.exchange("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(options.status == 204 && options["allow"] == "GET, HEAD, OPTIONS")
            let star = try await client.exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(star.status == 204 && star["allow"]?.contains("POST") == true)
            #expect(try await client.get("/nope").status == 404)
            #expect(try await client.get("/hello?x").text == "hello x", "the connection lives on")
        }
    }

    @Test func streamsAreChunkedOrEndWithTheConnection() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let chunked = try await client.get("/stream/50")
            #expect(chunked.text == (0..<50).map { "\($0)," }.joined())
            #expect(chunked["transfer-encoding"] == "chunked" && !chunked.closes)
            #expect(try await client.get("/stream/0").body.isEmpty)
            let old = try await fixture.connect()
            let plain = try await old.exchange("GET /stream/50 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(plain.text == chunked.text && plain.closes && plain["transfer-encoding"] == nil)
        }
    }

    @Test func whatHandlersDoWrong() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            #expect(try await client.get("/teapot").status == 418)
            #expect(try await client.get("/accident").status == 500)
            #expect(try await client.get("/silent").status == 500)
            try await client.send("GET /broken-stream HTTP/1.1\r\nHost: a\r\n\r\n")
            let rest = String(decoding: try await client.rest(), as: UTF8.self)
            #expect(rest.hasSuffix("4\r\nhalf\r\n"), "no last chunk: the body is seen to be cut short")
            await fixture.wait(for: .finished("/broken-stream", status: 200, .brokenOff))
        }
    }

    @Test func requestIDsAreEchoedOrMade() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            #expect(try await client.get("/inline", "X-Request-Id: mine-1\r\n")["x-request-id"] == "mine-1")
            let made = try await client.get("/inline", "X-Request-Id: a b\r\n")["x-request-id"]
            #expect(made?.hasPrefix("req_") == true)
            #expect(try await client.get("/nope")["x-request-id"]?.hasPrefix("req_") == true)
            #expect(try await client.exchange("\u{0}")["x-request-id"]?.hasPrefix("req_") == true)
        }
    }
    @Test func unixDomainSockets() async throws {
        let path = "/tmp/http-server-test-\(UInt64.random(in: .min ... .max)).sock"
        try await ServerFixture.run(configure: { $0.address = .unix(path: path) }) { _ in
            let client = try await RawClient(unixPath: path)
            #expect(try await client.get("/hello?u").text == "hello u")
        }
        await #expect(throws: RawClient.Failure.self) { try await RawClient(unixPath: path) }
    }
}
