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
        let rotation = Rotation(
            model: model, headLength: headLength, layout: .halves, contextLength: contextLength)
        let (positions, windows) = try views(rotation)
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
    private func views(_ rotation: Rotation) throws(ModelLoadError) -> Views {
        switch traits.position {
        case .learned, .learnedAfterPadding: return ({ _ in .none }, { _ in nil })
        case .learnedAndDistances:
            let name = "relative_attention_num_buckets"
            let count = try model.count(ifPresent: name, limit: ModelLimits.distanceBucketCount) ?? 32
            guard count == 32 else {
                throw .unsupported(key: model.key(name), reason: "only 32 are supported, as all that was published has")
            }
            let encoding = PositionEncoding.distanceBiases(DistanceBuckets(count: count, farthest: 128))
            return ({ _ in encoding }, { _ in nil })
        case .rope(let base):
            var rotation = rotation
            rotation.standardBase = base
            let rope = try rotation.spec()
            return ({ _ in .rope(rope) }, { _ in nil })
        case .ropeWithWindows(let base, let localBase):
            return try viewsWithWindows(rotation, base: base, localBase: localBase)
        }
    }

    private func viewsWithWindows(
        _ rotation: Rotation, base: Float, localBase: Float
    ) throws(ModelLoadError) -> Views {
        var rotation = rotation
        rotation.standardBase = base
        let global = try rotation.spec()
        (rotation.use, rotation.standardBase) = (.windows, localBase)
        let local = try rotation.spec()
        // Both sides together, without the token itself.
        let extent = try model.count("attention.sliding_window", limit: ModelLimits.contextLength)
        let isLocal = try localLayers()
        return ({ .rope(isLocal($0) ? local : global) }, { isLocal($0) ? extent / 2 + 1 : nil })
    }

    private func localLayers() throws(ModelLoadError) -> (Int) -> Bool {
        if let types = try model.attentionKinds(layerCount: layerCount, first: 0) { return { types[$0] } }
        let period =
            try model.count(
                ifPresent: "attention.sliding_window_pattern", limit: ModelLimits.layerCount) ?? 3
        return { $0 % period != 0 }
    }
}
