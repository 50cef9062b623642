import Kernels
import Testing

@testable import Transformer

@Suite struct ReferenceLogitsTests {
    /// F32 weights and float activations leave only rounding, of keys and values to f16 above all.
    @Test(arguments: Fixture.all, KernelTable.available.map(\.name))
    func logitsAgreeWithTheReferenceLibrary(fixture: Fixture, kernels: String) throws {
        let model = try fixture.model(kernels: KernelTable.select(environment: kernels))
        let expected = try fixture.logits()
        let logits = try model.logits(of: fixture.tokens)
        try #require(logits.count == expected.count)
        var largest: Float = 0
        for (logit, reference) in zip(logits, expected) { largest = max(largest, abs(logit - reference)) }
        let spread = expected.map(abs).max() ?? 0
        #expect(largest < 0.002 * spread, "the largest logit is \(spread)")
    }
}
