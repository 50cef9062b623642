import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(1))) struct ConnectionCapTests {
    @Test func oneClientCannotTakeAllConnections() async throws {
        try await ServerFixture.run(configure: {
            $0.capsLoopback = true
            $0.limits.connectionsPerClient = 2
        }) { fixture in
            let first = try await fixture.connect()
            let second = try await fixture.connect()
            for client in [first, second] { #expect(try await client.get("/inline").status == 200) }
            let refusal = try await fixture.connect().response()
            #expect(refusal.status == 429 && refusal.closes && refusal["retry-after"] == "1")
            #expect(fixture.server.gauges.refusedConnections == 1)
            let neighbour = try await RawClient(port: fixture.port, source: "127.0.0.2")
            #expect(try await neighbour.get("/inline").status == 200)
            first.close()
            while fixture.server.activeConnectionCount > 2 { await Task.yield() }
            #expect(try await fixture.connect().get("/inline").status == 200)
        }
    }

    @Test func loopbackIsNotCapped() async throws {
        try await ServerFixture.run(configure: { $0.limits.connectionsPerClient = 1 }) { fixture in
            let first = try await fixture.connect()
            let second = try await fixture.connect()
            for client in [first, second] { #expect(try await client.get("/inline").status == 200) }
        }
    }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("10.0.0.1", "::ffff:10.0.0.1", true),
        ("2001:db8::1", "2001:db8::ffff:2", true), ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ("::1", "0.0.0.0", false),
    ])
    func whoCountsAsOneClient(left: String, right: String, isOne: Bool) throws {
        let left = try #require(ClientNetwork(.internet(host: left, port: 1)))
        let right = try #require(ClientNetwork(.internet(host: right, port: 2)))
        #expect((left == right) == isOne)
    }

    @Test func socketsWithoutAnAddressAreNoClient() {
        #expect(ClientNetwork(.unix(path: "")) == nil && ClientNetwork(.internet(host: "?", port: 1)) == nil)
    }
}
