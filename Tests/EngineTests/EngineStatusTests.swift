import Testing

@testable import Engine

@Suite struct EngineStatusTests {
    @Test func retryAfterIsRightBetweenBurstsOfEnds() {
        let status = EngineStatus(blockCount: 10, blockLength: 16)
        status.countSubmissions(32 * 20 + 320)
        for _ in 0..<20 {
            for index in 0..<32 { status.countEnd(after: index == 0 ? .seconds(1) : .zero) }
        }
        // 320 wait, and 32 end each second.
        #expect((.seconds(8) ... .seconds(12)).contains(status.retryAfter))
    }

    @Test func retryAfterSurvivesSequencesThatRunForDays() {
        let status = EngineStatus(blockCount: 10, blockLength: 16)
        status.countSubmissions(70_000)
        status.countEnd(after: .seconds(86_400 * 30))
        #expect(status.retryAfter == .seconds(60))
    }
}
