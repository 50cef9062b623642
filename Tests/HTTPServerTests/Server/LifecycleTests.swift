import HTTPServer
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(10))) struct LifecycleTests {
    @Test func drainingEndsConnectionsAfterTheirNextResponse() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            #expect(try await !client.get("/inline").closes)
            fixture.server.beginDrain()
            #expect(try await client.get("/inline").closes)
            #expect(try await client.rest().isEmpty)
            let late = try await fixture.connect()
            #expect(try await late.get("/hello?").closes, "new connections are still taken")
        }
    }

    @Test func shutdownLetsRequestsFinishAndClosesIdleConnections() async throws {
        try await ServerFixture.run { fixture in
            let idle = try await fixture.connect()
            #expect(try await idle.get("/inline").status == 200)
            let busy = try await fixture.connect()
            try await busy.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/held"))
            async let down: Void = fixture.server.shutdown(deadline: .seconds(60))
            #expect(try await idle.rest().isEmpty)
            fixture.release()
            let response = try await busy.response()
            #expect(response.text == "late" && response.closes)
            busy.close()
            await down
            await #expect(throws: RawClient.Failure.self) { try await fixture.connect() }
        }
    }

    @Test func atTheDeadlineHandlersAreCancelledAndMaySayTheirLastWords() async throws {
        try await ServerFixture.run { fixture in
            let stream = try await fixture.connect()
            try await stream.send("GET /wait-streaming HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/wait-streaming"))
            let whole = try await fixture.connect()
            try await whole.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/wait"))
            async let down: Void = fixture.server.shutdown(deadline: .milliseconds(50), grace: .seconds(60))
            #expect(try await stream.response().text == "firstlast words")
            let answer = try await whole.response()
            #expect(answer.status == 503 && answer.closes)
            stream.close()
            whole.close()
            await down
        }
    }

    @Test func cancellingTheShutdownMeansAtOnce() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.connect()
            try await client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/wait"))
            let down = Task { await fixture.server.shutdown(deadline: .seconds(3600), grace: .seconds(3600)) }
            down.cancel()
            await down.value
            #expect(fixture.recorded.contains(.cancelled("/wait")))
        }
    }

    @Test func connectionsOverTheLimitGet503() async throws {
        try await ServerFixture.run(configure: { $0.limits.connections = 2 }) { fixture in
            let first = try await fixture.connect()
            #expect(try await first.get("/inline").status == 200)
            let second = try await fixture.connect()
            #expect(try await second.get("/inline").status == 200)
            let third = try await fixture.connect()
            let refusal = try await third.response()
            #expect(refusal.status == 503 && refusal.closes && refusal["retry-after"] == "1")
            let gone = try await second.exchange("GET /inline HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(gone.closes)
            #expect(try await second.rest().isEmpty)
            second.close()
            // The server learns of the close a moment later.
            while fixture.server.activeConnectionCount > 1 { await Task.yield() }
            #expect(try await fixture.connect().get("/inline").status == 200)
            #expect(fixture.server.gauges.refusedConnections == 1)
        }
    }

    @Test func aThousandRapidConnections() async throws {
        try await ServerFixture.run { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        for index in 0..<125 {
                            let client = try await fixture.connect()
                            // Some come only to leave.
                            if (worker + index) % 5 == 0 { continue }
                            #expect(try await client.get("/inline").status == 200)
                        }
                    }
                }
                try await group.waitForAll()
            }
            await fixture.server.shutdown(deadline: .seconds(60))
            // One that left at once may have been in the kernel's queue still when the server stopped.
            #expect((800...1000).contains(fixture.server.gauges.acceptedConnections))
            #expect(fixture.server.gauges.activeConnections == 0)
        }
    }

    @Test func severalLoopsShareTheConnections() async throws {
        try await ServerFixture.run(configure: { $0.eventLoops = 3 }) { fixture in
            var clients: [RawClient] = []
            for _ in 0..<9 { clients.append(try await fixture.connect()) }
            for client in clients { #expect(try await client.get("/hello?n").text == "hello n") }
        }
    }

    @Test func anAddressInUseIsAnErrorThatSaysSo() async throws {
        try await ServerFixture.run { fixture in
            let other = HTTPServer(configuration: HTTPServerConfiguration(port: fixture.port), router: Router())
            await #expect(throws: SystemError.self) { try await other.start() }
        }
        let nowhere = HTTPServer(configuration: HTTPServerConfiguration(host: "no such host"), router: Router())
        await #expect(throws: AddressError.self) { try await nowhere.start() }
    }
}
