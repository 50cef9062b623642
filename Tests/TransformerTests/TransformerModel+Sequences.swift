@testable import Transformer

extension TransformerModel {
    /// The logits of one sequence, computed in chunks of the given lengths.
    func logits(of tokens: [Int32], chunks: [Int]? = nil, blocks: [Int32]? = nil) throws -> [Float] {
        let blocks = blocks ?? Self.blocks(0, tokens.count)
        var logits: [Float] = []
        var first = 0
        for count in chunks ?? [tokens.count] {
            let chunk = Segment(
                tokens: Array(tokens[first..<first + count]), firstPosition: first, blockTable: blocks, outputs: .all)
            logits += try step([chunk])
            first += count
        }
        return logits
    }

    /// A table of consecutive blocks for `tokenCount` positions.
    static func blocks(_ first: Int32, _ tokenCount: Int) -> [Int32] {
        (0..<Int32(KeyValueLayout.blockCount(forTokens: tokenCount))).map { first + $0 }
    }
}

/// Tokens of a fixed pseudo-random sequence.
func sampleTokens(_ count: Int, seed: UInt32 = 1) -> [Int32] {
    var state = seed &* 2_654_435_761
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return Int32(state >> 24)
    }
}
