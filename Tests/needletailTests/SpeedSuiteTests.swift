import Testing

@testable import needletail

@Suite struct SpeedSuiteTests {
    @Test func aLongContextAllowsEverything() {
        let cases = SpeedSuite.cases(contextLength: 8_192)
        #expect(cases.map(\.promptTokens) == [512, 192, 192, 192, 500, 8_000])
        #expect(cases.map(\.batch) == [1, 1, 8, 32, 1, 1])
        #expect(cases.map(\.measuresPrefill) == [true, false, false, false, false, true])
    }

    @Test(arguments: [(8_031, 5), (2_048, 5), (576, 5), (575, 4), (531, 3), (224, 3), (223, 0)])
    func aShortContextLeavesOutWhatDoesNotFit(_ contextLength: Int, _ count: Int) {
        let cases = SpeedSuite.cases(contextLength: contextLength)
        #expect(cases.count == count)
        #expect(cases.allSatisfy { $0.sequenceLength <= contextLength })
    }

    @Test func theCacheHoldsEveryCase() {
        let cases = SpeedSuite.cases(contextLength: .max)
        #expect(cases.allSatisfy { $0.batch * $0.sequenceLength <= SpeedSuite.cacheTokens })
        #expect(SpeedSuite.cacheTokens == 8_032)
    }
}
