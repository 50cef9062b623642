import Testing

@testable import HTTPServer

/// Time stands still in these tests but for what they add to it.
@Suite(.timeLimit(.minutes(10))) struct HeartbeatTests {
    private static let request = "GET /silent-events HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let comment = "3\r\n:\n\n\r\n"

    private func begin(_ fixture: ServerFixture) async throws -> RawClient {
        let client = try await fixture.connect()
        try await client.send(Self.request)
        await fixture.wait(for: .started("/silent-events"))
        _ = try await client.responseHead()
        var text = String(decoding: client.takeUnread(), as: UTF8.self)
        while !text.hasSuffix("\n\n\r\n") { text += String(decoding: try await client.receive(), as: UTF8.self) }
        return client
    }

    @Test func aSilentStreamBeatsAtItsInterval() async throws {
        let clock = ManualClock()
        try await ServerFixture.run(clock: clock) { fixture in
            let client = try await begin(fixture)
            for _ in 0..<3 {
                let before = await fixture.writtenBodyBytes()
                await fixture.advance(by: .milliseconds(14_900))
                #expect(await fixture.writtenBodyBytes() == before, "not yet silent for long enough")
                await fixture.advance(by: .milliseconds(200))
                #expect(String(decoding: try await client.receive(), as: UTF8.self) == Self.comment)
            }
        }
    }

    @Test func nothingBeatsWhileBytesWait() async throws {
        let clock = ManualClock()
        try await ServerFixture.run(
            clock: clock, configure: { $0.limits.writeStallTimeout = .seconds(3600) }
        ) { fixture in
            let client = try await fixture.connect(receiveBuffer: 4096)
            try await client.send("GET /events/2000 HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.until { !$0.writers.isEmpty }
            await fixture.advance(by: .seconds(60))
            let isWaiting = await fixture.all { !$0.output.isEmpty }
            #expect(isWaiting)
            // To the end: every event is whole and no comment is among them.
            let response = try await client.response()
            let event = "data: " + String(repeating: "e", count: 248) + "\n\n"
            #expect(response.body.count == 2000 * event.utf8.count)
            #expect(!response.text.contains("\n:"))
        }
    }

    @Test func aBeatShowsThatAHalfClosedClientHasGone() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await begin(fixture)
            client.close()
            await fixture.advance(by: .milliseconds(100)) { $0.contains(.cancelled("/silent-events")) }
            await fixture.wait(for: .finished("/silent-events", status: 200, .clientGone))
        }
    }

    @Test func aHalfClosedClientKeepsItsSilentStream() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await begin(fixture)
            client.finishSending()
            await fixture.until { $0.peerFinishedSending }
            for _ in 0..<100 { await fixture.advance(by: .milliseconds(100)) }
            #expect(fixture.server.gauges.activeRequests == 1)
            #expect(String(decoding: try await client.receive(), as: UTF8.self).hasPrefix(Self.comment))
        }
    }

    @Test func aHeadRequestHasNoBeat() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await fixture.connect()
            try await client.send("HEAD /silent-events HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/silent-events"))
            let hasNoDeadline = await fixture.all { $0.deadline == nil }
            #expect(hasNoDeadline)
        }
    }
}
