extension ModelSpec {
    /// Positions of a sequence when nobody asks for another number: as many as the model was made for, but without a change
    /// to its rotation that makes short texts worse.
    public var standardContextLength: Int {
        attentions.reduce(contextLength) { length, attention in
            guard case .rope(let rope) = attention.position, case .byContext(_, _, let limit) = rope.scaling else {
                return length
            }
            return min(length, limit)
        }
    }

    /// The same model for a context of `length` positions.
    func fitted(toContext length: Int) -> ModelSpec {
        var spec = self
        for index in layers.indices {
            guard case .attention(var attention) = layers[index].mixer, case .rope(var rope) = attention.position,
                case .byContext(let short, let long, let limit) = rope.scaling
            else { continue }
            rope.scaling = .perPair(factors: length <= limit ? short : long)
            attention.position = .rope(rope)
            spec.layers[index].mixer = .attention(attention)
        }
        return spec
    }
}
