import Kernels
import Testing
import Transformer

@testable import needletail

@Suite struct StepWorkTests {
    private static let cost = ModelCost(
        token: ModelCost.Products(integers: 1_000, floats: 10), outputRow: ModelCost.Products(integers: 500),
        weightByteCount: 4_000,
        attention: [
            ModelCost.Attention(byteCount: 8, multiplyAdds: 20),
            ModelCost.Attention(byteCount: 2, multiplyAdds: 4, window: 3),
        ])

    private func work(prompt: Int, generate: Int, batch: Int) -> SpeedCase {
        SpeedCase(
            promptTokens: prompt, generateTokens: generate, batch: batch, measuresPrefill: true,
            repetition: .exactly(1))
    }

    @Test func promptsMultiplyEveryTokenAndOneRowOfLogits() {
        let work = StepWork.prefill(work(prompt: 4, generate: 0, batch: 2), Self.cost)
        #expect(work.byteCount == nil)
        #expect(work.products == ModelCost.Products(integers: 2 * (4 * 1_000 + 500), floats: 2 * 4 * 10))
        // Tokens see 1, 2, 3 and 4 positions; in the last layer, with its window, only the last one counts and sees 3.
        #expect(work.attentionMultiplyAdds == 2 * (20 * 10 + 4 * 3))
    }

    @Test func decodeStepsReadWeightsOnceAndEveryCache() {
        let work = StepWork.decode(work(prompt: 4, generate: 2, batch: 3), Self.cost)
        // Contexts 5 and 6.
        let cacheByteCount: Double = 8 * 11 + 2 * 6
        #expect(work.byteCount == 8_000 + 3 * cacheByteCount)
        #expect(work.products == ModelCost.Products(integers: 6 * 1_500, floats: 60))
        #expect(work.attentionMultiplyAdds == 3 * (20 * 11 + 4 * 6))
    }

    @Test func sharesAreTimesAtTheLimits() throws {
        let limits = MachineLimits(
            reads: MachineLimits.Rate(oneThread: 1, allThreads: 1_000),
            integerProducts: MachineLimits.Rate(oneThread: 1, allThreads: 10_000),
            floatProducts: MachineLimits.Rate(oneThread: 1, allThreads: 100))
        let work = StepWork(
            byteCount: 500, products: ModelCost.Products(integers: 1_000, floats: 20), attentionMultiplyAdds: 10)
        let shares = work.shares(seconds: 2, limits)
        #expect(shares.reads == 0.25)
        #expect(abs(shares.products - (0.1 + 0.2) / 2) < 1e-12)
        #expect(abs(shares.withAttention - (0.1 + 0.2 + 0.1) / 2) < 1e-12)
        let unknown = work.shares(seconds: 2, MachineLimits())
        #expect(unknown == LimitShares(reads: 0, products: 0, withAttention: 0))
    }
}
