import Kernels
import ModelFiles

extension Decoder {
    /// The attention of every layer.
    func attention() throws(ModelLoadError) -> [AttentionSpec] {
        let headCounts = try model.counts("attention.head_count", layerCount: layerCount, limit: ModelLimits.headCount)
        let keyValueHeadCounts = try keyValueHeadCounts(headCounts)
        let headLength = try headLength(headCount: headCounts[0])
        let positions = try positions(headLength: headLength)
        let windows = try windows()
        let softCap = try model.positive(ifPresent: "attn_logit_softcapping")
        let clamp = try model.positive(ifPresent: "attention.clamp_kqv")
        let standardScale = traits.attentionScale ?? 1 / Float(headLength).squareRoot()
        var scale = try model.positive("attention.scale", otherwise: standardScale)
        if try model.bool(ifPresent: "scale_attn_weights") == false { scale = 1 }
        let dividesScale = try model.bool(ifPresent: "scale_attn_by_inverse_layer_idx") ?? false

        let hasInputBias = hasInAnyLayer(.query, .bias), hasOutputBias = hasInAnyLayer(.attentionOutput, .bias)
        let queryKeyNorm = queryKeyNorm()

        var specs: [AttentionSpec] = []
        for layer in 0..<layerCount {
            let headCount = headCounts[layer], keyValueHeadCount = keyValueHeadCounts[layer]
            try check(headCount: headCount, keyValueHeadCount: keyValueHeadCount, layer: layer)
            specs.append(
                AttentionSpec(
                    headCount: headCount, keyValueHeadCount: keyValueHeadCount, headLength: headLength,
                    hasInputBias: hasInputBias, hasOutputBias: hasOutputBias, queryKeyNorm: queryKeyNorm, clamp: clamp,
                    window: windows[layer], softCap: softCap,
                    scale: dividesScale ? scale / Float(layer + 1) : scale, position: positions[layer]))
        }
        return specs
    }

    private func keyValueHeadCounts(_ headCounts: [Int]) throws(ModelLoadError) -> [Int] {
        if let count = traits.keyValueHeadCount { return Array(repeating: count, count: layerCount) }
        let counts = try model.counts(
            ifPresent: "attention.head_count_kv", layerCount: layerCount, limit: ModelLimits.headCount)
        return counts ?? headCounts
    }

    private func check(headCount: Int, keyValueHeadCount: Int, layer: Int) throws(ModelLoadError) {
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw .hyperparameter(
                key: model.key("attention.head_count_kv"),
                reason: "\(headCount) heads can't share \(keyValueHeadCount) key-value heads (layer \(layer))")
        }
        guard headCount / keyValueHeadCount <= AttentionTile.maximumRowCount else {
            throw .unsupported(
                key: model.key("attention.head_count_kv"),
                reason: "more than \(AttentionTile.maximumRowCount) heads share a key-value head")
        }
    }

    private func queryKeyNorm() -> QueryKeyNorm? {
        guard hasInAnyLayer(.queryNorm) else { return nil }
        switch norm.kind {
        case .rootMeanSquare: return QueryKeyNorm(norm, span: traits.queryKeyNorm)
        case .layer:
            let hasBias = hasInAnyLayer(.queryNorm, .bias)
            return QueryKeyNorm(
                NormSpec(kind: .layer(hasBias: hasBias), epsilon: norm.epsilon), span: traits.queryKeyNorm)
        }
    }

    /// Elements of one head.
    private func headLength(headCount: Int) throws(ModelLoadError) -> Int {
        let headLength: Int
        if let length = try model.count(ifPresent: "attention.key_length", limit: ModelLimits.headLength) {
            headLength = length
        } else {
            headLength = embeddingLength / headCount
            guard embeddingLength.isMultiple(of: headCount), headLength <= ModelLimits.headLength else {
                throw .hyperparameter(
                    key: model.key("attention.head_count"),
                    reason: "\(headCount) heads don't divide an embedding of \(embeddingLength)")
            }
        }
        guard headLength.isMultiple(of: 2) else {
            throw .hyperparameter(key: model.key("attention.key_length"), reason: "\(headLength) is odd")
        }
        if let valueLength = try model.count(ifPresent: "attention.value_length", limit: ModelLimits.headLength),
            valueLength != headLength
        {
            throw .unsupported(
                key: model.key("attention.value_length"),
                reason: "values of another length (\(valueLength)) than keys (\(headLength))")
        }
        return headLength
    }

    /// How many positions the tokens of each layer see; nil means all before.
    private func windows() throws(ModelLoadError) -> [Int?] {
        let isOff = try model.bool(ifPresent: "use_sliding_window") == false
        let name = "attention.sliding_window"
        // Converters write 0 for none.
        guard !isOff, try model.integer(ifPresent: name) != 0,
            let window = try model.count(ifPresent: name, limit: ModelLimits.contextLength)
        else { return Array(repeating: nil, count: layerCount) }
        let isLocal = try localLayers()
        return (0..<layerCount).map { isLocal($0) ? window : nil }
    }

    /// Which layers have the attention window.
    func localLayers() throws(ModelLoadError) -> (Int) -> Bool {
        if let types = try model.strings(ifPresent: "layer_types") {
            guard types.count >= layerCount else {
                throw .hyperparameter(key: model.key("layer_types"), reason: "fewer elements than layers")
            }
            return { types[$0] == "sliding_attention" }
        }
        if model.isCheckpoint, let first = try model.integer(ifPresent: "max_window_layers") { return { $0 >= first } }
        guard var local = traits.localLayers else { return { _ in true } }
        if model.isCheckpoint,
            let period = try model.count(ifPresent: "attention.sliding_window_pattern", limit: ModelLimits.layerCount)
        {
            local.period = period
        }
        return { local.contains($0) }
    }
}
