extension ModelSpec {
    /// In what another form of the same model differs, for people to read; empty if it doesn't.
    ///
    /// Left out is what follows from the form: the architecture's name, the order of rows that rotated pairs need, and
    /// rows of positions that only some files have.
    func differences(from other: ModelSpec) -> [String] {
        var names: [String] = []
        func compare<T: Equatable>(_ name: String, _ value: (ModelSpec) -> T) {
            if value(self) != value(other), !names.contains(name) { names.append(name) }
        }
        compare("number of layers") { $0.layers.count }
        compare("vocabulary") { $0.vocabularySize }
        compare("length of the hidden state") { $0.embeddingLength }
        compare("context length") { $0.contextLength }
        compare("embedding") { $0.embedding.startingAtFirstPosition }
        compare("shared layers") { $0.layerGroupCount }
        compare("output norm") { $0.outputNorm }
        compare("head") { $0.head }
        compare("pooling") { $0.pooling }
        guard layers.count == other.layers.count else { return names }
        for index in layers.indices {
            compare("norms") { LayerNorms($0.layers[index]) }
            compare("feed-forward") { $0.layers[index].feedForward }
            compare("residual scale") { $0.layers[index].residualScale }
            compare("attention window") { $0.attentions[index].window }
            compare("attention scale") { $0.attentions[index].scale }
            let position = attentions[index].position, otherPosition = other.attentions[index].position
            if !position.isClose(to: otherPosition), !names.contains("positions") { names.append("positions") }
            compare("attention") { $0.attentions[index].comparedAsWhole }
        }
        return names
    }

    private struct LayerNorms: Equatable {
        var norm: NormSpec
        var placement: NormPlacement
        var normsMixerInput: Bool

        init(_ layer: LayerSpec) {
            (norm, placement, normsMixerInput) = (layer.norm, layer.normPlacement, layer.normsMixerInput)
        }
    }
}

extension EmbeddingSpec {
    fileprivate var startingAtFirstPosition: EmbeddingSpec {
        var embedding = self
        embedding.positions = positions.map { Positions(count: $0.count - $0.offset) }
        return embedding
    }
}

extension AttentionSpec {
    /// Without what has a name of its own among the differences.
    fileprivate var comparedAsWhole: AttentionSpec {
        var attention = self
        (attention.window, attention.scale, attention.position) = (nil, 1, .none)
        return attention
    }
}

extension PositionEncoding {
    /// The same, but for the layout and a rounding of what is computed twice.
    fileprivate func isClose(to other: PositionEncoding) -> Bool {
        guard case .rope(let rope) = self, case .rope(var otherRope) = other else { return self == other }
        guard abs(rope.magnitude - otherRope.magnitude) <= 1e-6 * rope.magnitude else { return false }
        (otherRope.layout, otherRope.magnitude) = (rope.layout, rope.magnitude)
        return rope == otherRope
    }
}
