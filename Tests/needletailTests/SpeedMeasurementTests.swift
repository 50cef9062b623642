import Testing
import Transformer

@testable import needletail

@Suite struct SpeedMeasurementTests {
    private func run(_ work: SpeedCase, _ model: SteppingModel) throws -> SpeedMeasurement.Result {
        try SpeedMeasurement(model: model, now: { model.time }).run(work) { _ in }
    }

    private func work(
        prompt: Int = 100, generate: Int = 10, batch: Int = 1, measuresPrefill: Bool = true,
        _ repetition: SpeedCase.Repetition = .exactly(3)
    ) -> SpeedCase {
        SpeedCase(
            promptTokens: prompt, generateTokens: generate, batch: batch, measuresPrefill: measuresPrefill,
            repetition: repetition)
    }

    @Test func ratesCountTheTokensOfAllSequences() throws {
        let result = try run(work(batch: 4), SteppingModel())
        // 4 prompts of 100 ms and a step each; 10 steps of 4 tokens.
        #expect(result.prefillSeconds.allSatisfy { abs($0 - 0.44) < 1e-9 })
        #expect(result.prefillRates.allSatisfy { abs($0 - 400 / 0.44) < 1e-6 })
        #expect(result.decodeSeconds.allSatisfy { abs($0 - 0.14) < 1e-9 })
        #expect(result.decodeRates.allSatisfy { abs($0 - 40 / 0.14) < 1e-6 })
        #expect(result.prefillSeconds.count == 3 && result.decodeSeconds.count == 3)
    }

    @Test func eachSequenceDecodesAfterItsOwnPrompt() throws {
        let model = SteppingModel()
        _ = try run(work(prompt: 70, generate: 5, batch: 8, measuresPrefill: false), model)
        #expect(!model.readUnfilled)
        let decodeSteps = model.steps.filter { $0.count == 8 }
        #expect(decodeSteps.count == 4 * 5)
        for (index, step) in decodeSteps.enumerated() {
            #expect(step.allSatisfy { $0.firstPosition == 70 + index % 5 && $0.tokens.count == 1 })
            #expect(Set(step.map(\.blockTable)).count == 8)
        }
        // Blocks belong to one sequence each.
        let blocks = decodeSteps[0].flatMap(\.blockTable)
        #expect(Set(blocks).count == blocks.count)
    }

    @Test func promptsThatDoNotCountAreComputedOnce() throws {
        let model = SteppingModel()
        let result = try run(work(prompt: 1_000, batch: 2, measuresPrefill: false), model)
        #expect(result.prefillSeconds.isEmpty)
        #expect(result.decodeSeconds.count == 3)
        #expect(model.steps.filter { $0[0].tokens.count > 1 }.count == 4, "two chunks for each of two prompts")
    }

    @Test func chunksEndWithLogitsAtTheLastOne() throws {
        let model = SteppingModel()
        _ = try run(work(prompt: 1_100, generate: 0, .exactly(1)), model)
        let chunks = model.steps.prefix(3).map { $0[0] }
        #expect(chunks.map(\.tokens.count) == [512, 512, 76])
        #expect(chunks.map(\.firstPosition) == [0, 512, 1_024])
        #expect(chunks.map(\.outputRowCount) == [0, 0, 1])
        #expect(model.steps.count == 6)
    }

    @Test func whatTakesSecondsIsMeasuredOnce() throws {
        let model = SteppingModel()
        let result = try run(work(prompt: 3_000, generate: 10, .ifShort(3)), model)
        #expect(result.prefillSeconds.count == 1)
        #expect(result.decodeSeconds.count == 3)
        let exact = try run(work(prompt: 3_000, generate: 10, .exactly(3)), SteppingModel())
        #expect(exact.prefillSeconds.count == 3)
    }

    @Test func whatIsNotAskedForIsNotReported() throws {
        let withoutPrompt = try run(work(prompt: 0, generate: 4), SteppingModel())
        #expect(withoutPrompt.prefillRates.isEmpty && withoutPrompt.decodeRates.count == 3)
        let withoutDecoding = try run(work(prompt: 4, generate: 0), SteppingModel())
        #expect(withoutDecoding.prefillRates.count == 3 && withoutDecoding.decodeRates.isEmpty)
    }

    @Test(arguments: [([], 0), ([3], 3), ([5, 1, 3], 3), ([4, 1, 2, 9], 3)] as [([Double], Double)])
    func median(_ values: [Double], _ expected: Double) {
        #expect(values.median == expected)
    }
}
