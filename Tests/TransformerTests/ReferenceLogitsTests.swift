import Kernels
import Testing

@testable import Transformer

@Suite struct ReferenceLogitsTests {
    /// F32 weights and float activations leave only rounding, of keys and values to f16 above all.
    @Test(arguments: Fixture.exact, KernelTable.available.map(\.name))
    func logitsAgreeWithTheReferenceLibrary(fixture: Fixture, kernels: String) throws {
        let (difference, largest) = try compare(fixture, kernels)
        #expect(difference < 0.002 * largest, "the largest logit is \(largest)")
    }

    /// The reference has the same weights, so what is left is the rounding of activations.
    @Test(arguments: KernelTable.available.map(\.name))
    func quantisedWeightsStayClose(kernels: String) throws {
        let (difference, largest) = try compare(.quantised, kernels)
        #expect(difference < 0.03 * largest, "the largest logit is \(largest)")
    }

    /// The largest difference of two logits, and the largest logit.
    private func compare(_ fixture: Fixture, _ kernels: String) throws -> (difference: Float, largest: Float) {
        let model = try fixture.model(kernels: KernelTable.select(environment: kernels))
        let expected = try fixture.logits()
        let logits = try model.logits(of: fixture.tokens)
        try #require(logits.count == expected.count)
        let difference = zip(logits, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        return (difference, expected.map(abs).max() ?? 0)
    }
}
