import Testing

@testable import HTTPServer

/// A client that goes away stops the work done for it; one that only stops sending does not.
@Suite(.timeLimit(.minutes(10))) struct CancellationTests {
    @Test(arguments: [true, false])
    func aClientThatLeavesBeforeTheResponse(reset: Bool) async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            try await client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/wait"))
            if reset { client.reset() } else { client.close() }
            await fixture.wait(for: .cancelled("/wait"))
            await fixture.wait(for: .finished("/wait", status: nil, .clientGone))
        }
    }

    /// A reset is an event of the socket: no timer is needed to see it, in whatever the handler waits for.
    @Test(arguments: ["GET /wait", "POST /hold", "GET /wait-streaming", "GET /silent-events"])
    func aResetCancelsAtOnceWhatDoesNotWrite(request: String) async throws {
        let path = String(request.drop { $0 != "/" })
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await fixture.connect()
            try await client.send("\(request) HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            await fixture.wait(for: .started(path))
            client.reset()
            await fixture.wait(for: .cancelled(path))
            #expect(fixture.server.gauges.activeConnections == 0)
        }
    }

    @Test func aResetCancelsAWriterThatWaitsForRoom() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await fixture.connect(receiveBuffer: 4096)
            try await client.send("GET /events/1000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.until { !$0.writers.isEmpty }
            client.reset()
            await fixture.wait {
                $0.contains(.failed("/events/1000000", .peerGone)) || $0.contains(.cancelled("/events/1000000"))
            }
        }
    }

    @Test(arguments: [true, false])
    func aClientThatLeavesInMidStream(reset: Bool) async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            try await client.send("GET /ticking HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.receive(atLeast: 1)
            if reset { client.reset() } else { client.close() }
            await fixture.wait {
                $0.contains(.cancelled("/ticking")) || $0.contains(.failed("/ticking", .peerGone))
            }
            await fixture.wait(for: .finished("/ticking", status: 200, .clientGone))
        }
    }

    @Test func aClientThatLeavesWithItsInputBufferFull() async throws {
        try await ServerFixture.run(configure: { $0.limits.pipelineBytes = 64 }) { fixture in
            let client = try await fixture.connect()
            try await client.send(
                "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"
                    + String(repeating: "GET /inline HTTP/1.1\r\nHost: a\r\n\r\n", count: 100))
            await fixture.wait(for: .started("/wait"))
            client.reset()
            await fixture.wait(for: .cancelled("/wait"))
        }
    }

    @Test func aHalfClosedClientGetsItsAnswer() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await fixture.connect()
            try await client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/held"))
            client.finishSending()
            await fixture.until { $0.peerFinishedSending }
            for _ in 0..<3 { await fixture.advance(by: .seconds(6)) }
            fixture.release()
            let response = try await client.response()
            #expect(response.status == 200 && response.text == "late")
            #expect(!response.interim.isEmpty && response.interim.allSatisfy { $0 == 100 })
            #expect(response.closes)
            #expect(try await client.rest().isEmpty)
        }
    }

    @Test func aHalfClosedOldClientIsNotProbed() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            try await client.send("GET /pause/300 HTTP/1.0\r\n\r\n")
            client.finishSending()
            let response = try await client.response()
            #expect(response.text == "late" && response.interim.isEmpty)
        }
    }

    @Test func aHalfClosedClientGetsItsStream() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            try await client.send("GET /stream/100 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finishSending()
            #expect(try await client.response().text.hasSuffix("99,"))
        }
    }

    @Test func aHalfClosedClientGetsAllItPipelined() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            try await client.send(
                "GET /inline HTTP/1.1\r\nHost: a\r\n\r\nGET /inline HTTP/1.1\r\nHost: a\r\n\r\nGET /pa")
            client.finishSending()
            #expect(try await client.response().text == "inline")
            #expect(try await client.response().text == "inline")
            let cut = try await client.response()
            #expect(cut.status == 400 && cut.closes, "a request cut off in the middle is answered too")
        }
    }

    @Test func aHalfClosedClientGetsAllItPipelinedBehindASlowRequest() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            let hello = "GET /hello?x HTTP/1.1\r\nHost: a\r\n\r\n"
            try await client.send("GET /pause/200 HTTP/1.1\r\nHost: a\r\n\r\n\(hello)\(hello)")
            client.finishSending()
            #expect(try await client.response().text == "late")
            #expect(try await client.response().text == "hello x")
            let last = try await client.response()
            #expect(last.text == "hello x" && last.closes)
            #expect(try await client.rest().isEmpty)
        }
    }

    @Test func manyClientsThatVanishLeaveNothingBehind() async throws {
        try await ServerFixture.run { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let client = try await fixture.connect()
                        try await client.send("GET /\(index % 2 == 0 ? "wait" : "ticking") HTTP/1.1\r\nHost: a\r\n\r\n")
                        if index % 4 < 2 { client.close() } else { client.reset() }
                    }
                }
                try await group.waitForAll()
            }
            // A reset may arrive before the request is read: such a client never was.
            await fixture.server.shutdown(deadline: .seconds(60))
            #expect(fixture.server.gauges.activeConnections == 0)
            #expect(fixture.server.gauges.activeRequests == 0)
        }
    }
}
