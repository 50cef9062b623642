import HTTPTypes
import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(10))) struct BackpressureTests {
    /// As many bytes as an event of a chat stream has.
    private static let eventBytes = 256

    @Test func aStreamToAClientThatDoesNotReadStopsSoonAndEndsWithTheClient() async throws {
        let clock = ManualClock()
        try await ServerFixture.run(clock: clock) { fixture in
            let client = try await fixture.connect(receiveBuffer: 4096)
            try await client.send("GET /events/1000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.until { !$0.writers.isEmpty }
            // Each turn gives less than the whole patience; what the kernels still moved meanwhile buys some more.
            await fixture.advance(by: .seconds(5)) { $0.contains(.failed("/events/1000000", .peerGone)) }
            #expect(fixture.recorded.contains(.finished("/events/1000000", status: 200, .clientGone)))
            // The server's 64 KiB, the kernel's unsent 16 KiB in packets of up to 64 KiB, and the client's window.
            #expect(fixture.writtenBytes <= 128 * 1024)
            client.close()
        }
    }

    @Test func theOutputOfAStreamNeverExceedsItsLimit() async throws {
        try await ServerFixture.run(configure: { $0.limits.outputBytes = 4096 }) { fixture in
            let client = try await fixture.connect(receiveBuffer: 4096)
            try await client.send("GET /events/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.until { !$0.writers.isEmpty }
            await fixture.until { !$0.writers.isEmpty && $0.output.count > 4096 - Self.eventBytes - 32 }
            let isBounded = await fixture.all { $0.output.count <= 4096 }
            #expect(isBounded)
            client.close()
        }
    }

    @Test func writersTakeTurnsAndTheirPiecesStayWhole() async throws {
        try await ServerFixture.run(configure: { $0.limits.outputBytes = 1024 }) { fixture in
            let client = try await fixture.connect()
            // Eight writers, 200 pieces each, of up to 3000 bytes: some larger than the whole output.
            let response = try await client.get("/choir")
            var counts: [Substring: Int] = [:]
            for piece in response.text.split(separator: "\n") {
                counts[piece.prefix(1), default: 0] += 1
                #expect(Set(piece).count == 1, "a piece of one writer holds another's")
            }
            #expect(counts.count == 8 && counts.values.allSatisfy { $0 == 200 })
        }
    }

    @Test func aWriterThatIsCancelledWhileItWaitsLeavesTheOthersTheirTurn() async throws {
        try await ServerFixture.run(configure: { $0.limits.outputBytes = 1024 }) { fixture in
            let client = try await fixture.connect(receiveBuffer: 4096)
            try await client.send("GET /cancelled-writer HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .cancelled("/cancelled-writer"))
            let response = try await client.response()
            #expect(response.text.hasSuffix("last"))
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
