extension Encoder {
    /// The attention of each layer.
    func attentions(contextLength: Int) throws(ModelLoadError) -> [AttentionSpec] {
        let headCount = try model.count("attention.head_count", limit: ModelLimits.headCount)
        let name = "attention.key_length"
        let given = try model.count(ifPresent: name, limit: ModelLimits.headLength)
        let headLength = given ?? embeddingLength / headCount
        guard given != nil || embeddingLength.isMultiple(of: headCount), headLength <= ModelLimits.headLength else {
            throw .hyperparameter(
                key: model.key("attention.head_count"), reason: "\(embeddingLength) isn't so many heads")
        }
        let (positions, windows) = try views(headLength: headLength)
        return (0..<layerCount).map { layer in
            AttentionSpec(
                headCount: headCount, keyValueHeadCount: headCount, headLength: headLength,
                hasInputBias: tensors.has(.query, layer: 0, .bias),
                hasOutputBias: tensors.has(.attentionOutput, layer: 0, .bias), window: windows(layer),
                scale: 1 / Float(headLength).squareRoot(), position: positions(layer), mask: .bidirectional)
        }
    }

    private typealias Views = (positions: (Int) -> PositionEncoding, windows: (Int) -> Int?)

    /// How a layer learns where tokens stand, and how far it sees.
    private func views(headLength: Int) throws(ModelLoadError) -> Views {
        switch traits.position {
        case .learned, .learnedAfterPadding: return ({ _ in .none }, { _ in nil })
        case .learnedAndDistances:
            let name = "relative_attention_num_buckets"
            let count = try model.count(ifPresent: name, limit: ModelLimits.distanceBucketCount) ?? 32
            guard count.isMultiple(of: 4) else {
                throw .hyperparameter(key: model.key(name), reason: "\(count) isn't a multiple of 4")
            }
            let encoding = PositionEncoding.distanceBiases(DistanceBuckets(count: count, farthest: 128))
            return ({ _ in encoding }, { _ in nil })
        case .rope:
            let rope = try rope(headLength: headLength, base: model.positive(ifPresent: "rope.freq_base") ?? 10_000)
            return ({ _ in .rope(rope) }, { _ in nil })
        case .ropeWithWindows: return try viewsWithWindows(headLength: headLength)
        }
    }

    private func viewsWithWindows(headLength: Int) throws(ModelLoadError) -> Views {
        let global = try rope(
            headLength: headLength, base: model.positive(ifPresent: "rope.freq_base") ?? 160_000)
        let local = try rope(
            headLength: headLength, base: model.positive(ifPresent: "rope.freq_base_swa") ?? 10_000)
        // Both sides together, without the token itself.
        let extent = try model.count("attention.sliding_window", limit: ModelLimits.contextLength)
        let isLocal = try localLayers()
        return ({ .rope(isLocal($0) ? local : global) }, { isLocal($0) ? extent / 2 + 1 : nil })
    }

    private func localLayers() throws(ModelLoadError) -> (Int) -> Bool {
        if let types = try model.strings(ifPresent: "layer_types") {
            guard types.count == layerCount,
                types.allSatisfy({ ["full_attention", "sliding_attention"].contains($0) })
            else {
                throw .hyperparameter(
                    key: model.key("layer_types"),
                    reason: "not a 'full_attention' or 'sliding_attention' for each layer")
            }
            return { types[$0] == "sliding_attention" }
        }
        let period =
            try model.count(
                ifPresent: "attention.sliding_window_pattern", limit: ModelLimits.layerCount) ?? 3
        return { $0 % period != 0 }
    }

    private func rope(headLength: Int, base: Float) throws(ModelLoadError) -> RopeSpec {
        guard headLength.isMultiple(of: 2) else {
            throw .hyperparameter(
                key: model.key("attention.head_count"), reason: "heads of odd length can't be rotated")
        }
        let kind = try model.string(ifPresent: "rope.scaling.type")
        guard kind == nil || kind == "none" || kind == "default" else {
            throw .unsupported(key: model.key("rope.scaling.type"), reason: "this family's rotation isn't scaled")
        }
        return RopeSpec(layout: .halves, dimensionCount: headLength, base: base)
    }
}
