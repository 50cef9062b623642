import ArgumentParser
import Testing

@testable import needletail

@Suite struct BenchOptionsTests {
    private func bench(_ arguments: String...) throws -> Bench {
        try #require(try Bench.parseAsRoot(arguments) as? Bench)
    }

    @Test func withoutLengthsItIsTheSuite() throws {
        #expect(try bench("--model", "m", "--threads", "2", "--json").singleCase == nil)
        let cases = try bench("--model", "m", "--repetitions", "5").cases(contextLength: 8_192)
        #expect(cases.count == 6)
        #expect(cases.allSatisfy { $0.repetition == .ifShort(5) })
    }

    @Test(arguments: [
        (["--prompt-tokens", "128"], 128, 64, 1), (["--generate-tokens", "0"], 512, 0, 1),
        (["--batch", "32"], 512, 64, 32),
    ])
    func anyLengthMeansOneMeasurement(_ arguments: [String], _ prompt: Int, _ generate: Int, _ batch: Int) throws {
        let bench = try #require(try Bench.parseAsRoot(["--model", "m"] + arguments) as? Bench)
        let work = SpeedCase(
            promptTokens: prompt, generateTokens: generate, batch: batch, measuresPrefill: true,
            repetition: .exactly(3))
        #expect(bench.singleCase == work)
        #expect(try bench.cases(contextLength: 576) == [work])
    }

    @Test func whatDoesNotFitIsRefused() throws {
        #expect(throws: ValidationError.self) { try bench("--prompt-tokens", "100").cases(contextLength: 163) }
        #expect(throws: ValidationError.self) { try bench().cases(contextLength: 100) }
    }

    @Test(arguments: [
        ["--prompt-tokens", "-1"], ["--prompt-tokens", "0", "--generate-tokens", "0"], ["--batch", "0"],
        ["--batch", "4097"], ["--repetitions", "0"], ["--all-tables"], ["--kernels", "--batch", "2"],
    ])
    func impossibleOptionsAreRefused(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try Bench.parseAsRoot(arguments) }
    }
}
