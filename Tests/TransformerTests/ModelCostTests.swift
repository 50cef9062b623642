import ModelFiles
import Testing

@testable import Transformer

@Suite struct ModelCostTests {
    /// Every element of a matrix is multiplied once for each token; the embedding only when it is the output matrix.
    @Test(arguments: Fixture.all)
    func productsAreTheElementsOfTheFilesMatrices(_ fixture: Fixture) throws {
        let model = try fixture.model(blockCount: 3)
        let cost = model.cost
        let output = model.spec.vocabularySize * model.spec.embeddingLength
        let matrices = try fixture.file().tensors.filter { $0.shape.count == 2 && !$0.name.hasPrefix("token_embd") }
        let elements = matrices.reduce(0) { $0 + $1.shape[0] * $1.shape[1] }
        #expect(cost.token.total + cost.outputRow.total == elements + (model.spec.hasTiedOutput ? output : 0))
        // The last layer's attention output and feed-forward are for rows of logits only.
        let last = "blk.\(model.spec.layers.count - 1)."
        let inputs = ["q", "k", "v"].map { "\(last)attn_\($0).weight" }
        let rest = matrices.filter { $0.name.hasPrefix(last) && !inputs.contains($0.name) }
        #expect(cost.outputRow.total == output + rest.reduce(0) { $0 + $1.shape[0] * $1.shape[1] })
        #expect(cost.weightByteCount == model.weightByteCount)
        if fixture.name == Fixture.quantised.name {
            #expect(cost.token.integers > 0 && cost.token.floats == 0)
        } else {
            #expect(cost.token.integers == 0 && cost.token.floats > 0)
        }
    }

    @Test(arguments: Fixture.all)
    func attentionReadsWhatTheCacheHolds(_ fixture: Fixture) throws {
        let model = try fixture.model(blockCount: 3)
        let cost = model.cost
        #expect(cost.attention.count == model.spec.layers.count)
        let perPosition = Double(model.cacheByteCount) / Double(3 * model.blockLength)
        #expect(abs(cost.cacheByteCount(context: 1) - perPosition) < 1e-6 * perPosition)
        let queries = model.spec.layers.reduce(0) { sum, layer in
            switch layer.mixer {
            case .attention(let attention): sum + attention.queryLength
            }
        }
        #expect(cost.attentionMultiplyAdds(context: 5, hasOutput: true) == 2 * 5 * queries)
    }

    @Test func windowsBoundWhatIsRead() {
        let cost = ModelCost(
            token: ModelCost.Products(), outputRow: ModelCost.Products(), weightByteCount: 0,
            attention: [
                ModelCost.Attention(byteCount: 10, multiplyAdds: 100),
                ModelCost.Attention(byteCount: 1, multiplyAdds: 7, window: 4),
            ])
        #expect(cost.cacheByteCount(context: 3) == 33)
        #expect(cost.cacheByteCount(context: 9) == 94)
        #expect(cost.attentionMultiplyAdds(context: 9, hasOutput: true) == 928)
        #expect(cost.attentionMultiplyAdds(context: 9, hasOutput: false) == 900)
    }
}
