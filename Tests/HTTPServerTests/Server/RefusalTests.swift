import HTTPServer
import HTTPTypes
import Testing

/// Whatever is wrong, the client reads an answer, and the next connection works.
@Suite(.timeLimit(.minutes(10))) struct RefusalTests {
    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: a\n\n", 400), ("\u{16}\u{3}\u{1}", 400),
        ("GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7FFFFFFF\r\n", 413),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413),
        ("POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n", 413),
        ("POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415),
        ("POST /json HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 415),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 404),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nContent-Length: 2\r\n\r\n{}", 417),
    ])
    func answerThenClose(request: String, status: Int) async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let response = try await client.exchange(request)
            #expect(response.status == status)
            #expect(response.closes && !response.body.isEmpty)
            #expect(try await client.rest().isEmpty)
            #expect(try await fixture.connect().get("/inline").status == 200)
        }
    }

    @Test func aRequestWithoutTheBodyItNeedsIsRefusedAndTheConnectionLivesOn() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let response = try await client.exchange("POST /json HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(response.status == 411 && !response.closes)
            let typed = try await client.post("/json", "{}", "Content-Type: Application/JSON ; charset=utf-8\r\n")
            #expect(typed.status == 200)
        }
    }

    @Test func theAnswerReachesAClientThatIsStillSending() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let size = 9_000_000
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
            // Like many clients, it reads nothing until all is sent.
            try await client.send([UInt8](repeating: 0x78, count: size))
            let response = try await client.response()
            #expect(response.status == 413 && response.closes)
        }
    }

    @Test func growingHeadersAreCutOff() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 70_000))
            #expect(try await client.response().status == 431)
            let long = try await fixture.connect()
            #expect(try await long.get("/" + String(repeating: "x", count: 9000)).status == 414)
        }
    }

    @Test func continueIsSentOnlyForABodyThatIsWanted() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let expecting = "Host: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
            try await client.send("POST /echo HTTP/1.1\r\n\(expecting)")
            #expect(try await client.responseHead().status == 100)
            try await client.send("hello")
            #expect(try await client.response().text == "hello")
            try await client.send("POST /echo HTTP/1.1\r\n\(expecting)hello")
            #expect(try await client.response().interim.isEmpty, "the body is here already")
            let refused = try await client.exchange("POST /nope HTTP/1.1\r\n\(expecting)")
            #expect(refused.status == 404 && refused.interim.isEmpty && refused.closes)
        }
    }

    @Test func hostsThatAreNotOursAreForbidden() async throws {
        try await ServerFixture.run(configure: { $0.allowedHosts = HTTPServerConfiguration.loopbackHosts }) { fixture in
            for (host, status) in [
                ("localhost", 200), ("LOCALHOST:8080", 200), ("127.0.0.1:1", 200), ("[::1]", 200), ("evil.test", 403),
                ("localhost.evil.test", 403),
            ] {
                let client = try await fixture.connect()
                let response = try await client.exchange("GET /inline HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                #expect(response.status == status, "\(host)")
            }
        }
    }

    @Test func admissionComesBeforeTheBodyAndReachesTheHandler() async throws {
        let admit: @Sendable (HTTPServerRequest) -> Admission = { request in
            request.head.headerFields[.authorization] == "Bearer k"
                ? .accept(context: "key")
                : .refuse(HTTPServerResponse(status: .unauthorized, text: "no"))
        }
        try await ServerFixture.run(configure: { $0.admit = admit }) { fixture in
            let client = try await fixture.connect()
            #expect(try await client.post("/echo", "x", "Authorization: Bearer k\r\n").text == "x")
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            let refused = try await client.response()
            #expect(refused.status == 401 && refused.closes, "not a byte of the body was needed")
        }
    }

    @Test func whatEveryResponseSaysIsSaidByErrorsAndRefusalsToo() async throws {
        try await ServerFixture.run(configure: {
            $0.limits.connections = 1
            $0.responseFields = { elapsed in [.contentLanguage: elapsed < .zero ? "negative" : "said"] }
        }) { fixture in
            let client = try await fixture.connect()
            for path in ["/inline", "/nope", "/stream/2"] {
                #expect(try await client.get(path)["content-language"] == "said", "\(path)")
            }
            #expect(try await fixture.connect().response()["content-language"] == "said")
            #expect(try await client.exchange("\u{0}")["content-language"] == "said")
        }
    }

    /// Methods that are known, new, unknown, in the wrong case.
    @Test(arguments: ["TRACE", "PUT", "QUERY", "PROPFIND", "BREW", "get", "!#$%&'*+-.^_`|~"])
    func aMethodThatNoRouteHas(method: String) async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let response = try await client.exchange("\(method) /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(response.status == 405 && response["allow"]?.contains("GET") == true && !response.closes)
            #expect(try await client.exchange("\(method) /nope HTTP/1.1\r\nHost: a\r\n\r\n").status == 404)
            let body = "\(method) /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nGE"
            #expect(try await client.exchange(body).status == 405, "its body is framed like any other")
        }
    }

    @Test func errorBodiesAreTheApplications() async throws {
        try await ServerFixture.run(configure: {
            $0.errorBody = { status, message in
                ErrorBody(contentType: "application/json", bytes: Array("{\"\(status.code)\":\"\(message)\"}".utf8))
            }
        }) { fixture in
            let response = try await fixture.connect().get("/nope")
            #expect(response["content-type"] == "application/json" && response.text.hasPrefix("{\"404\""))
        }
    }
}
