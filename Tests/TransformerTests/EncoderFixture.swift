import Foundation
import Kernels
import ModelFiles
import Testing

@testable import Transformer

extension FamilyFixture {
    /// Models that see whole texts.
    static let encoders = manifest.fixtures.filter { $0.task != "causal" }
}

/// A text as encoders get it.
struct EncoderText: Sendable {
    var tokens: [Int32]
    var types: [Int32] = []

    func segment(_ outputs: OutputRows) -> Segment {
        Segment(tokens: tokens, tokenTypes: types, firstPosition: 0, blockTable: [], outputs: outputs)
    }

    /// Made-up tokens; the second half is of type 1 if the model knows types.
    static func sample(_ count: Int, seed: UInt32, _ spec: ModelSpec) -> EncoderText {
        let tokens = sampleTokens(count, seed: seed).map { 4 + $0 % Int32(spec.vocabularySize - 4) }
        let types = (0..<count).map { Int32(2 * $0 / count) }
        return EncoderText(tokens: tokens, types: spec.embedding.typeCount > 1 ? types : [])
    }
}
