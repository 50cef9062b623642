import Testing

@testable import InferenceService

@Suite struct StartUpTests {
    @Test func partsOfALoadAreNamedInSeconds() {
        var times = LoadTimes(map: .milliseconds(4))
        times.repack = .milliseconds(149)
        #expect(times.description == "map 0.00, repack 0.15")
        times.tokenizer = .seconds(12) + .milliseconds(45)
        #expect(times.description == "map 0.00, repack 0.15, tokenizer 12.05")
    }

    @Test func lapsAddUpToNoMoreThanTheTotal() {
        var stopwatch = LoadStopwatch()
        let laps = stopwatch.lap() + stopwatch.lap()
        #expect(laps <= stopwatch.total)
    }

    struct Failure: Error {}

    @Test func workBesideGivesItsValueOrItsError() throws {
        let answer = SideTask { 42 }
        #expect(try answer.wait().value == 42)
        #expect(try answer.wait().value == 42)
        let failing = SideTask<Int> { throw Failure() }
        #expect(throws: Failure.self) { try failing.wait() }
    }

    /// A program may be called almost anything.
    @Test func theStartOfAProcessIsFieldTwentyTwo() {
        let fields = (3...30).map { "\($0)00" }.joined(separator: " ")
        #expect(ProcessAge.startTicks(inStat: "17 (a ) b) \(fields)") == 2_200)
        #expect(ProcessAge.startTicks(inStat: "17 (a) R 1") == nil)
        #expect(ProcessAge.startTicks(inStat: "") == nil)
    }

    @Test func thisProcessHasAnAge() throws {
        let age = try #require(ProcessAge.current())
        #expect(age >= .zero && age < .seconds(86_400))
    }
}
