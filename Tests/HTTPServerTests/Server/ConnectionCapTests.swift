import HTTPTypes
import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(10))) struct ConnectionCapTests {
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

    /// Knows whoever says a name.
    private static func capStrangers(_ configuration: inout HTTPServerConfiguration, connections: Int) {
        configuration.capsStrangers = true
        configuration.limits.connections = connections
        configuration.admit = { request in
            request.head.headerFields[.authorization] == nil
                ? .refuse(HTTPServerResponse(status: .unauthorized, text: "who?"))
                : .accept(isKnownClient: true)
        }
    }

    private static let name = "Authorization: Bearer k\r\n"

    @Test func strangersHaveHalfOfTheConnectionsAndTheOldestGoes() async throws {
        try await ServerFixture.run(configure: { Self.capStrangers(&$0, connections: 8) }) { fixture in
            var silent: [RawClient] = []
            for _ in 0..<4 { silent.append(try await fixture.connect()) }
            while fixture.server.gauges.strangers < 4 { await Task.yield() }
            // A refusal introduces nobody.
            #expect(try await silent[3].get("/inline").status == 401)
            let late = try await fixture.connect()
            #expect(try await silent[0].rest().isEmpty, "the oldest is closed without a word")
            #expect(try await late.get("/inline", Self.name).status == 200)
            #expect(fixture.server.gauges.strangers == 3 && fixture.server.gauges.displacedConnections == 1)
            // Known ones stay, however many strangers come.
            for _ in 0..<20 { silent.append(try await fixture.connect()) }
            while fixture.server.gauges.acceptedConnections < 25 { await Task.yield() }
            while fixture.server.gauges.strangers > 4 { await Task.yield() }
            #expect(try await late.get("/inline").status == 401, "each request is judged by itself")
            #expect(try await late.get("/inline", Self.name).status == 200)
            #expect(fixture.server.gauges.refusedConnections == 0)
        }
    }

    @Test func knownClientsMayHaveAllConnectionsAndTakeThemFromStrangers() async throws {
        try await ServerFixture.run(configure: { Self.capStrangers(&$0, connections: 4) }) { fixture in
            let stranger = try await fixture.connect()
            var known: [RawClient] = []
            for _ in 0..<4 {
                known.append(try await fixture.connect())
                #expect(try await known[known.count - 1].get("/inline", Self.name).status == 200)
            }
            #expect(try await stranger.rest().isEmpty)
            #expect(fixture.server.gauges.strangers == 0)
            #expect(try await fixture.connect().response().status == 503, "nobody is left to make room")
            known[0].close()
            while fixture.server.activeConnectionCount > 3 { await Task.yield() }
            #expect(try await fixture.connect().get("/inline", Self.name).status == 200)
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
