import ModelFiles
import Testing

@testable import Transformer

/// A checkpoint written as a GGUF file is the same model, of every family and configuration, or it is refused.
@Suite struct GGUFFormTests {
    @Test(arguments: FamilyFixture.writtenDecoders) func logitsStayTheSame(fixture: FamilyFixture) throws {
        let tokens = sampleTokens(30, seed: 3).map { $0 % 128 }
        let original = try logits(of: tokens, .checkpoint(try fixture.checkpoint()), fixture)
        let written = try logits(of: tokens, .gguf(try fixture.written()), fixture)
        expectClose(written, original)
    }

    private func logits(of tokens: [Int32], _ source: ModelSource, _ fixture: FamilyFixture) throws -> [Float] {
        try FamilyFixture.load(source).logits(of: tokens)
    }

    @Test(arguments: FamilyFixture.writtenEncoders) func vectorsAndClassesStayTheSame(fixture: FamilyFixture) throws {
        let original = try FamilyFixture.load(.checkpoint(try fixture.checkpoint()))
        let written = try FamilyFixture.load(.gguf(try fixture.written()))
        let text = EncoderText.sample(40, seed: 5, original.spec)
        expectClose(
            Array(try written.step([text.segment(.pooled(.mean))]).pooled),
            Array(try original.step([text.segment(.pooled(.mean))]).pooled))
        guard case .labels? = original.spec.head?.output else { return }
        expectClose(
            Array(try written.step([text.segment(.classes)]).classes),
            Array(try original.step([text.segment(.classes)]).classes))
    }

    /// Rotated pairs may lie elsewhere, so sums have another order.
    private func expectClose(_ found: [Float], _ expected: [Float]) {
        #expect(found.count == expected.count && !found.isEmpty)
        let difference = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        let largest = expected.map(abs).max() ?? 0
        #expect(difference < 1e-4 * largest, "\(difference / largest)")
    }

    @Test(arguments: FamilyFixture.refused) func whatGGUFCannotSayIsRefused(fixture: FamilyFixture) throws {
        let reason = try #require(FamilyFixture.refusedAsGGUF[fixture.name])
        #expect { try fixture.written() } throws: { error in "\(error)".contains(reason) }
    }

    @Test func whatAnEmbeddingModelWasTrainedWithIsLeftOut() throws {
        let file = try FamilyFixture.named("bert").written()
        #expect(file.tensors.allSatisfy { !$0.name.hasPrefix("cls") })
    }
}
