extension ModelSpec {
    /// Texts of more positions than this have other keys, from their first position on; nil where length changes nothing.
    public var longTextLimit: Int? {
        attentions.lazy.compactMap { attention in
            guard case .rope(let rope) = attention.position, case .byContext(_, _, let limit) = rope.scaling else {
                return nil
            }
            return limit
        }.min()
    }

    /// The same model for a context of `length` positions.
    func fitted(toContext length: Int) -> ModelSpec {
        var spec = self
        for index in layers.indices {
            guard case .attention(var attention) = layers[index].mixer, case .rope(var rope) = attention.position,
                case .byContext(let short, _, let limit) = rope.scaling, length <= limit
            else { continue }
            rope.scaling = .perPair(factors: short)
            attention.position = .rope(rope)
            spec.layers[index].mixer = .attention(attention)
        }
        return spec
    }
}
