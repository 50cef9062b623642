import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(10))) struct DeadlineTests {
    @Test func aHeadThatDoesNotEndGets408() async throws {
        try await ServerFixture.run(configure: { $0.limits.headerTimeout = .milliseconds(100) }) { fixture in
            let client = try await fixture.connect()
            let response = try await client.exchange("GET / HTTP/1.1\r\nHost: ")
            #expect(response.status == 408 && response.closes)
            let next = try await fixture.connect()
            #expect(try await next.get("/inline").status == 200)
            // On a connection that has served before, and byte by byte.
            try await next.send("G")
            #expect(try await next.response().status == 408)
        }
    }

    @Test func aHeadThatDripsGets408() async throws {
        try await ServerFixture.run(configure: { $0.limits.headerTimeout = .milliseconds(200) }) { fixture in
            let client = try await fixture.connect()
            let drip = Task {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
                while true {
                    try await Task.sleep(for: .milliseconds(20))
                    try await client.send("y")
                }
            }
            #expect(try await client.response().status == 408, "the deadline is for the head, not for each byte")
            drip.cancel()
            _ = await drip.result
        }
    }

    @Test func theHeadHasTenSecondsFromItsFirstByte() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await fixture.connect()
            await fixture.until { _ in true }
            // The time before the first byte does not count, the pauses between bytes do.
            await fixture.advance(by: .seconds(50))
            for (index, byte) in "GET /".enumerated() {
                try await client.send(String(byte))
                await fixture.until { $0.decoder.bufferedBytes == index + 1 }
                if index < 4 { await fixture.advance(by: .milliseconds(2400)) }
            }
            let isOpen = await fixture.all { $0.phase == .open }
            #expect(isOpen)
            await fixture.advance(by: .milliseconds(500))
            #expect(try await client.response().status == 408)
        }
    }

    @Test func aBodyNeedsItsMinimumRate() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            for (bytesPerSecond, status) in [(1024, 200), (900, 408)] {
                let client = try await fixture.connect()
                let length = 150 * bytesPerSecond
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
                var sent = 0
                while sent < length, await fixture.all({ $0.phase == .open }) {
                    try await client.send([UInt8](repeating: 0x78, count: bytesPerSecond))
                    sent += bytesPerSecond
                    await fixture.until { [sent] in $0.decoder.body.count == sent || sent == length }
                    await fixture.advance(by: .seconds(1))
                }
                #expect(try await client.response().status == status)
                // 900 B/s fall short of 1 KiB/s by ten seconds' worth after 83 s.
                let seconds = sent / bytesPerSecond
                #expect(status == 200 || (82...84).contains(seconds))
                client.close()
                await fixture.advance(by: .seconds(1))
                while fixture.server.activeConnectionCount > 0 { await Task.yield() }
            }
        }
    }

    @Test func aBodyThatPausesGets408() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await fixture.connect()
            // The first megabyte buys time at the minimum rate, but not for a silence.
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
            try await client.send([UInt8](repeating: 0x78, count: 1_000_000))
            await fixture.until { $0.decoder.receivedBodyBytes == 1_000_000 }
            await fixture.advance(by: .seconds(9))
            let isOpen = await fixture.all { $0.phase == .open }
            #expect(isOpen)
            await fixture.advance(by: .seconds(2))
            #expect(try await client.response().status == 408)
        }
    }

    @Test func aBodyThatDoesNotComeGets408() async throws {
        try await ServerFixture.run(configure: { $0.limits.bodyGrace = .milliseconds(100) }) { fixture in
            let client = try await fixture.connect()
            let response = try await client.exchange("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")
            #expect(response.status == 408 && response.closes)
        }
    }

    @Test func anIdleConnectionIsClosedSilently() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let silent = try await fixture.connect()
            await fixture.until { _ in true }
            await fixture.advance(by: .seconds(61))
            #expect(try await silent.rest().isEmpty)
            let client = try await fixture.connect()
            #expect(try await client.get("/inline").status == 200)
            await fixture.advance(by: .seconds(61))
            #expect(try await client.rest().isEmpty)
        }
    }

    @Test func aBusyConnectionIsNotIdle() async throws {
        try await ServerFixture.run(clock: ManualClock()) { fixture in
            let client = try await fixture.connect()
            try await client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.wait(for: .started("/held"))
            await fixture.advance(by: .seconds(600))
            fixture.release()
            #expect(try await client.response().text == "late")
        }
    }

    @Test func aPeerThatNeverClosesIsNotWaitedForLong() async throws {
        try await ServerFixture.run(configure: { $0.limits.lingerTimeout = .milliseconds(100) }) { fixture in
            let client = try await fixture.connect()
            #expect(try await client.exchange("?").status == 400)
            await fixture.server.shutdown(deadline: .seconds(60))
            #expect(fixture.server.activeConnectionCount == 0)
            client.close()
        }
    }
}
