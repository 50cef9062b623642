import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(10))) struct BodyBudgetTests {
    private static let budget = 100_000

    private func run(_ body: (ServerFixture) async throws -> Void) async throws {
        try await ServerFixture.run(configure: { $0.limits.totalBodyBytes = Self.budget }, body)
    }

    private static func sized(_ path: String, _ count: Int, of length: Int? = nil) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length ?? count)\r\n\r\n"
            + String(repeating: "x", count: count)
    }

    /// A body whose last chunk does not come.
    private static func chunked(_ path: String, _ count: Int) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(String(count, radix: 16))\r\n"
            + String(repeating: "x", count: count) + "\r\n"
    }

    private func waitForUse(_ bytes: Int, _ fixture: ServerFixture) async {
        while fixture.server.gauges.bufferedBodyBytes != bytes { await Task.yield() }
    }

    private func expectRefusal(_ client: RawClient) async throws {
        let refusal = try await client.response()
        #expect(refusal.status == 503 && refusal["retry-after"] == "1" && refusal.closes)
        #expect(try await client.rest().isEmpty)
    }

    @Test(arguments: [true, false])
    func aBodyThatDoesNotFitGets503AndRoomComesBackWithTheHandler(isChunked: Bool) async throws {
        try await run { fixture in
            let holder = try await fixture.connect()
            try await holder.send(Self.sized("/hold", 60_000))
            await fixture.wait(for: .started("/hold"))
            #expect(fixture.server.gauges.bufferedBodyBytes == 60_000)
            let second = try await fixture.connect()
            // One is refused by its head alone, the other in the middle.
            try await second.send(
                isChunked ? Self.chunked("/echo", 50_000) : Self.sized("/echo", 0, of: 50_000))
            try await expectRefusal(second)
            await waitForUse(60_000, fixture)
            holder.reset()
            await waitForUse(0, fixture)
            let third = try await fixture.connect()
            #expect(try await third.exchange(Self.sized("/echo", 50_000)).body.count == 50_000)
            await waitForUse(0, fixture)
        }
    }

    @Test func bodiesUnderWayCountAsTheyCome() async throws {
        try await run { fixture in
            let slow = try await fixture.connect()
            try await slow.send(Self.sized("/echo", 40_000, of: 90_000))
            await waitForUse(40_000, fixture)
            let other = try await fixture.connect()
            try await other.send(Self.chunked("/echo", 50_000))
            await waitForUse(90_000, fixture)
            // An announced length reserves nothing, so the first to come too far is refused.
            try await slow.send(String(repeating: "x", count: 20_000))
            try await expectRefusal(slow)
            await waitForUse(50_000, fixture)
            try await other.send("0\r\n\r\n")
            #expect(try await other.response().body.count == 50_000)
            await waitForUse(0, fixture)
        }
    }

    @Test(arguments: [true, false])
    func clientsThatVanishInTheMiddleLeaveNothing(reset: Bool) async throws {
        try await run { fixture in
            for isChunked in [true, false] {
                for _ in 0..<20 {
                    let client = try await fixture.connect()
                    try await client.send(
                        isChunked ? Self.chunked("/echo", 70_000) : Self.sized("/echo", 70_000, of: 80_000))
                    await waitForUse(70_000, fixture)
                    if reset { client.reset() } else { client.close() }
                    await waitForUse(0, fixture)
                }
            }
        }
    }

    @Test func refusedAndIllFramedBodiesLeaveNothing() async throws {
        try await run { fixture in
            for request in [
                Self.chunked("/echo", 1000) + "zz\r\n", Self.sized("/nope", 1000),
                Self.chunked("/echo", 70_000) + "g\r\n",
                Self.sized("/echo", 10, of: 200_000),
            ] {
                let client = try await fixture.connect()
                #expect(try await client.exchange(request).status >= 400)
            }
            await waitForUse(0, fixture)
        }
    }

    @Test func aShareGrowsOnceAndGoesBackOnce() {
        let budget = BodyBudget(limit: 10)
        var first: BodyReservation? = BodyReservation(from: budget)
        let second = BodyReservation(from: budget)
        #expect(first?.grow(to: 6) == true && first?.grow(to: 6) == true)
        #expect(!second.grow(to: 5) && second.grow(to: 4))
        #expect(budget.usedBytes == 10 && budget.hasRoom(for: 0) && !budget.hasRoom(for: 1))
        #expect(!budget.hasRoom(for: .max))
        second.release()
        second.release()
        #expect(second.grow(to: 4), "nothing is taken once it is over")
        #expect(budget.usedBytes == 6)
        first = nil
        #expect(budget.usedBytes == 0)
    }
}
