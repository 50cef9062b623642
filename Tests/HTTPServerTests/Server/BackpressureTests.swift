import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(1))) struct BackpressureTests {
    @Test func aWriterWaitsForASlowReaderAndIsGivenUpWithIt() async throws {
        try await ServerFixture.run(configure: { $0.limits.writeStallTimeout = .milliseconds(300) }) { fixture in
            let total = 64 << 20
            let client = try await fixture.connect(receiveBuffer: 4096)
            try await client.send("GET /flood/\(total) HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .finished("/flood/\(total)", status: 200, .clientGone))
            // The kernel's buffers take a few megabytes; the server's own 64 KiB do not show beside them.
            #expect(fixture.writtenBytes < 16 << 20)
            await fixture.wait { events in
                events.contains(.failed("/flood/\(total)", .peerGone)) || events.contains(.cancelled("/flood/\(total)"))
            }
        }
    }

    @Test func allArrivesAtAReaderThatTakesItsTime() async throws {
        try await ServerFixture.run { fixture in
            let total = 8 << 20
            let client = try await fixture.connect(receiveBuffer: 4096)
            let response = try await client.get("/flood/\(total)")
            #expect(response.body.count == total && response.body.allSatisfy { $0 == 0x62 })
        }
    }

    @Test func aSlowReaderDelaysNobody() async throws {
        try await ServerFixture.run { fixture in
            let slow = try await fixture.connect(receiveBuffer: 4096)
            try await slow.send("GET /flood/\(64 << 20) HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/flood/\(64 << 20)"))
            let client = try await fixture.connect()
            for _ in 0..<100 { #expect(try await client.get("/hello?").status == 200) }
        }
    }
}
