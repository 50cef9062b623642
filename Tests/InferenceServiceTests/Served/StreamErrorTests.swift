import Glibc
import JSON
import RequestLog
import Synchronization
import Testing

@testable import Engine
@testable import InferenceService

/// What a client hears, and the log says, when something goes wrong after the first token.
@Suite(.timeLimit(.minutes(10))) struct StreamErrorTests {
    private static let stream = #"{"model":"m","prompt":"a","max_tokens":5000,"stream":true,"n":2}"#

    /// A stream, taken apart.
    private struct Heard {
        var head: Substring
        var events: [String]
        var isComplete: Bool

        init(_ answer: String) throws {
            let end = try #require(answer.firstRange(of: "\r\n\r\n"))
            head = answer[..<end.lowerBound]
            // Each event is written in one piece, and so comes in one chunk.
            let lines = answer[end.upperBound...].split(whereSeparator: \.isNewline)
            events = lines.filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
            isComplete = answer.hasSuffix("\r\n0\r\n\r\n")
        }

        var errors: [JSONValue] {
            get throws { try events.filter { $0 != "[DONE]" }.compactMap { try JSONValue(parsing: $0.utf8)["error"] } }
        }
    }

    /// Exactly one error, at the very end, and a body that is whole; one row.
    private func expect(
        _ answer: String, _ fixture: ServedFixture, type: String, code: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let heard = try Heard(answer)
        #expect(heard.head.hasPrefix("HTTP/1.1 200 "), sourceLocation: sourceLocation)
        #expect(heard.head.contains("text/event-stream"), sourceLocation: sourceLocation)
        #expect(heard.isComplete, "the last chunk ends the body", sourceLocation: sourceLocation)
        #expect(heard.events.count > 1 && !heard.events.contains("[DONE]"), sourceLocation: sourceLocation)
        let errors = try heard.errors
        #expect(errors.count == 1, sourceLocation: sourceLocation)
        #expect(heard.events.last?.hasPrefix(#"{"error":"#) == true, sourceLocation: sourceLocation)
        #expect(errors.first?["type"]?.stringValue == type, sourceLocation: sourceLocation)
        #expect(errors.first?["code"]?.stringValue == code, sourceLocation: sourceLocation)
        #expect(errors.first?["message"]?.stringValue?.isEmpty == false, sourceLocation: sourceLocation)
        let rows = try await fixture.rows()
        #expect(rows.count == 1, sourceLocation: sourceLocation)
        let row = try #require(rows.first)
        #expect(row.status == 200 && row.errorCode == code, sourceLocation: sourceLocation)
        #expect(row.finishReason == "error", sourceLocation: sourceLocation)
        #expect(row.isStreamed && !row.isClientCancelled, sourceLocation: sourceLocation)
        #expect(row.completionTokens > 0, "what came before counts", sourceLocation: sourceLocation)
    }

    @Test func aModelThatFails() async throws {
        let fixture = try await ServedFixture(
            ScriptedModel(vocabularySize: ServedFixture.vocabulary.count, favourite: 1) { step in
                if step == 5 { throw ScriptedModel.Failure() }
            })
        let answer = try await fixture.post("/v1/completions", Self.stream)
        try await expect(answer, fixture, type: "server_error", code: "internal_error")
        #expect(!answer.contains("Failure"), "what went wrong inside is nobody's business")
    }

    @Test func theEndOfTheServer() async throws {
        // The step that finds the engine stopped was begun before: as on a server that drains.
        let stop = Mutex<(@Sendable () -> Void)?>(nil)
        let fixture = try await ServedFixture(
            ScriptedModel(vocabularySize: ServedFixture.vocabulary.count, favourite: 1) { step in
                if step == 5 { stop.withLock { $0 }?() }
            })
        let engine = fixture.engine
        stop.withLock { stop in
            stop = {
                engine.stopAccepting()
                engine.abortAll(.aborted)
            }
        }
        let answer = try await fixture.post("/v1/completions", Self.stream)
        stop.withLock { $0 = nil }
        try await expect(answer, fixture, type: "server_error", code: "shutting_down")
    }

    @Test func aDeadline() async throws {
        // The engine's clock jumps by two hours in the fifth step.
        let offset = OffsetClock()
        let fixture = try await ServedFixture(
            ScriptedModel(vocabularySize: ServedFixture.vocabulary.count, favourite: 1) { step in
                if step == 5 { offset.jump(.seconds(7200)) }
            }, clock: offset.engineClock)
        let answer = try await fixture.post("/v1/completions", Self.stream)
        try await expect(answer, fixture, type: "timeout_error", code: "request_timeout")
    }

    @Test func aReaderWhoIsTooSlow() async throws {
        // Tokens of 4 KiB fill every buffer between the engine and a client that does not read.
        let tokens = [String(repeating: "x", count: 4096), "<|endoftext|>"]
        let hasBegun = Flag()
        let model = ScriptedModel(vocabularySize: 2, favourite: 0) { _ in hasBegun.flag.store(true, ordering: .relaxed)
        }
        let fixture = try await ServedFixture(model, tokens: tokens) {
            $0.streamCapacity = 4
            $0.readerTimeout = .milliseconds(1)
        }
        let engine = fixture.engine
        let body = #"{"model":"m","prompt":[0],"max_tokens":8000,"stream":true}"#
        let answer = try await fixture.post("/v1/completions", body) {
            // It runs when the first step begins, so once it does not after that it has been given up.
            while !hasBegun.flag.load(ordering: .relaxed) || engine.status.snapshot.runningSequences > 0 {
                usleep(1000)
            }
        }
        try await expect(answer, fixture, type: "timeout_error", code: "request_timeout")
    }

    @Test func failuresBeforeTheFirstTokenAreNoStreams() async throws {
        let fixture = try await ServedFixture(
            ScriptedModel(vocabularySize: ServedFixture.vocabulary.count, favourite: 1) { _ in
                throw ScriptedModel.Failure()
            })
        let answer = try await fixture.post("/v1/completions", Self.stream)
        #expect(answer.hasPrefix("HTTP/1.1 500 ") && answer.contains(#""code":"internal_error""#))
        let rows = try await fixture.rows()
        #expect(rows.map(\.status) == [500] && rows.map(\.errorCode) == ["internal_error"])
    }
}

private final class Flag: Sendable {
    let flag = Atomic(false)
}

/// Real time, and what a test adds to it.
private final class OffsetClock: Sendable {
    private let offset = Mutex(Duration.zero)

    func jump(_ duration: Duration) { offset.withLock { $0 += duration } }

    var engineClock: EngineClock { EngineClock { [self] in .now + offset.withLock { $0 } } }
}
