import HTTPTypes
import Synchronization

@testable import HTTPServer

/// A server on a free port, with routes that misbehave on request, and a record of what happened.
final class ServerFixture: Sendable {
    enum Event: Sendable, Hashable {
        case started(String)
        case cancelled(String)
        case failed(String, ResponseWriteError)
        case finished(String, status: Int?, RequestSummary.Outcome)
        case released
    }

    let server: HTTPServer
    private let events: Events
    private let clock: ManualClock?
    private let boundPort: Mutex<Int> = Mutex(0)

    var port: Int { boundPort.withLock { $0 } }

    /// Runs `body` against a started server and shuts it down.
    static func run(
        clock: ManualClock? = nil,
        configure: (inout HTTPServerConfiguration) -> Void = { _ in },
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let fixture = ServerFixture(clock: clock, configure: configure)
        let address = try await fixture.server.start()
        fixture.boundPort.withLock { $0 = address.port ?? 0 }
        do {
            try await body(fixture)
        } catch {
            await fixture.server.shutdown(deadline: .zero, grace: .zero)
            throw error
        }
        await fixture.server.shutdown(deadline: .zero, grace: .zero)
    }

    private init(clock: ManualClock?, configure: (inout HTTPServerConfiguration) -> Void) {
        let events = Events()
        var configuration = HTTPServerConfiguration()
        configuration.requestFinished = { summary in
            events.record(.finished(summary.path ?? "", status: summary.status?.code, summary.outcome))
        }
        if clock == nil {
            // On a machine that is busy with all tests at once a client may get its turn after ten seconds or more. Who
            // tests a deadline sets it.
            configuration.limits.headerTimeout = .seconds(3600)
            configuration.limits.bodyGrace = .seconds(3600)
            configuration.limits.idleTimeout = .seconds(3600)
            configuration.limits.writeStallTimeout = .seconds(3600)
        }
        configure(&configuration)
        self.events = events
        self.clock = clock
        server = HTTPServer(
            configuration: configuration, router: Self.router(events), time: clock?.source ?? .system)
    }

    func connect(receiveBuffer: Int32? = nil) async throws -> RawClient {
        try await RawClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// Waits until an event has happened.
    func wait(for event: Event) async {
        await events.wait { $0.contains(event) }
    }

    /// Waits until a predicate holds for the events so far.
    func wait(until predicate: @escaping @Sendable ([Event]) -> Bool) async {
        await events.wait(until: predicate)
    }

    /// Returns once a connection of the server is as wanted.
    func until(_ predicate: @Sendable (Connection) -> Bool) async {
        while true {
            for loop in server.loops where await loop.contains(predicate) { return }
            await Task.yield()
        }
    }

    /// Whether all connections are as wanted.
    func all(_ predicate: @Sendable (Connection) -> Bool) async -> Bool {
        for loop in server.loops where await loop.contains({ !predicate($0) }) { return false }
        return true
    }

    /// Body bytes that the responses under way have been given.
    func writtenBodyBytes() async -> Int {
        var total = 0
        for loop in server.loops { total += await loop.writtenBodyBytes }
        return total
    }

    /// Moves the clock on, and lets the server see it.
    func advance(by step: Duration) async {
        clock?.advance(by: step)
        for loop in server.loops { await loop.timerFired() }
    }

    /// Moves the clock on step by step until a predicate holds for the events so far.
    func advance(by step: Duration, until predicate: ([Event]) -> Bool) async {
        while !predicate(events.all) {
            await advance(by: step)
            await Task.yield()
        }
    }

    /// Lets the handlers of `/held` answer.
    func release() {
        events.record(.released)
    }

    var recorded: [Event] { events.all }
    var writtenBytes: Int { events.writtenBytes }
}

extension ServerFixture {
    struct Teapot: HTTPResponseError {
        var response: HTTPServerResponse { HTTPServerResponse(status: HTTPResponse.Status(code: 418), text: "short") }
    }

    struct Accident: Error {}

    private static func router(_ events: Events) -> Router {
        var router = Router()
        router.addInline(.get, "/inline") { _ in HTTPServerResponse(text: "inline") }
        router.addInline(.get, "/large") { _ in HTTPServerResponse(body: [UInt8](repeating: 0x61, count: 32 * 1024)) }
        router.add(.get, "/hello") { request, writer in
            try await writer.send(HTTPServerResponse(text: "hello \(request.query ?? "")"))
        }
        router.add(.post, "/echo") { request, writer in try await writer.send(status: .ok, body: request.body) }
        router.add(.post, "/json", attributes: .json(maximumBodyBytes: 16)) { request, writer in
            try await writer.send(status: .ok, body: request.body)
        }
        router.add(.get, "/teapot") { _, _ in throw Teapot() }
        router.add(.get, "/accident") { _, _ in throw Accident() }
        router.add(.get, "/silent") { _, _ in }
        addStreams(to: &router, events)
        return router
    }

    private static func addStreams(to router: inout Router, _ events: Events) {
        router.add(.get, "/stream/{count}") { request, writer in
            let body = try await writer.startStream(headers: [.contentType: "text/plain"])
            for index in 0..<(Int(request.parameters["count"] ?? "") ?? 0) {
                try await body.write(Array("\(index),".utf8))
            }
            try await body.finish()
        }
        router.add(.get, "/broken-stream") { _, writer in
            let body = try await writer.startStream()
            try await body.write(Array("half".utf8))
            throw Accident()
        }
        router.add(.get, "/flood/{bytes}") { request, writer in
            let body = try await writer.startStream()
            try await events.noting(request.path) {
                let block = [UInt8](repeating: 0x62, count: 16 * 1024)
                for _ in 0..<((Int(request.parameters["bytes"] ?? "") ?? 0) / block.count) {
                    try await body.write(block)
                    events.noteWritten(block.count)
                }
                try await body.finish()
            }
        }
        addEvents(to: &router, events)
        router.add(.get, "/wait") { request, writer in
            try await events.noting(request.path) { try await Task.sleep(for: .seconds(3600)) }
            try await writer.send(HTTPServerResponse())
        }
        router.add(.get, "/held") { request, writer in
            try await events.noting(request.path) { await events.wait { $0.contains(.released) } }
            try await writer.send(HTTPServerResponse(text: "late"))
        }
        router.add(.get, "/pause/{milliseconds}") { request, writer in
            let milliseconds = Int(request.parameters["milliseconds"] ?? "") ?? 0
            try await events.noting(request.path) { try await Task.sleep(for: .milliseconds(milliseconds)) }
            try await writer.send(HTTPServerResponse(text: "late"))
        }
        router.add(.get, "/wait-streaming") { request, writer in
            let body = try await writer.startStream()
            try await body.write(Array("first".utf8))
            do {
                try await events.noting(request.path) { try await Task.sleep(for: .seconds(3600)) }
            } catch {
                try await body.write(Array("last words".utf8))
            }
        }
        router.add(.get, "/ticking") { request, writer in
            let body = try await writer.startStream()
            try await events.noting(request.path) {
                while true {
                    try await body.write(Array("tick".utf8))
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
        }
    }
}

/// Streams whose pieces matter.
extension ServerFixture {
    private static func addEvents(to router: inout Router, _ events: Events) {
        router.add(.get, "/events/{count}") { request, writer in
            let stream = try await ServerSentEvents(starting: writer)
            try await events.noting(request.path) {
                let data = [UInt8](repeating: 0x65, count: 248)
                for _ in 0..<(Int(request.parameters["count"] ?? "") ?? 0) {
                    try await stream.send(data: data)
                    events.noteWritten(256)
                }
                try await stream.finish()
            }
        }
        router.add(.get, "/silent-events") { request, writer in
            let stream = try await ServerSentEvents(starting: writer, keepAlive: .seconds(15))
            try await stream.send(data: "first")
            try await events.noting(request.path) { try await Task.sleep(for: .seconds(3600)) }
        }
        router.add(.post, "/hold") { request, writer in
            try await events.noting("/hold") { try await Task.sleep(for: .seconds(3600)) }
            try await writer.send(status: .ok, body: request.body)
        }
        router.add(.get, "/choir") { _, writer in
            let body = try await writer.startStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for voice in 0..<8 {
                    group.addTask {
                        for note in 0..<200 {
                            let length = 1 + (note * 7919 + voice * 104_729) % 3000
                            let piece = [UInt8](repeating: 0x61 + UInt8(voice), count: length) + [0x0A]
                            try await body.write(piece)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await body.finish()
        }
        router.add(.get, "/cancelled-writer") { request, writer in
            let body = try await writer.startStream()
            let flood = Task {
                try await events.noting(request.path) {
                    while true { try await body.write([UInt8](repeating: 0x63, count: 1000)) }
                }
            }
            try await Task.sleep(for: .milliseconds(20))
            flood.cancel()
            _ = await flood.result
            try await body.write(Array("last".utf8))
        }
    }
}
