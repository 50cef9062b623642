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
        let softCap = traits.capsScores ? try model.positive(ifPresent: "attn_logit_softcapping") : nil
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
        // A list of kinds says so itself.
        let kinds = traits.localLayers.isListed ? try model.attentionKinds(layerCount: layerCount, first: 1) : nil
        let uses = try model.bool(ifPresent: "use_sliding_window"), isOff = kinds == nil && uses == false
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
        let rule = traits.localLayers
        if rule.isListed, let types = try model.attentionKinds(layerCount: layerCount, first: 1) {
            return { types[$0] }
        }
        switch rule {
        case .all: return { _ in true }
        case .unrotated:
            let rotates = try rotatedLayers()
            return { !rotates($0) }
        case .interrupted(var period):
            let name = "attention.sliding_window_pattern"
            if model.isCheckpoint, let given = try model.count(ifPresent: name, limit: ModelLimits.layerCount) {
                period = given
            }
            return { ($0 + 1) % period != 0 }
        case .last, .alternateFirst:
            guard model.isCheckpoint, let bound = try model.integer(ifPresent: "max_window_layers") else {
                return { _ in true }
            }
            return rule == .last ? { $0 >= bound } : { $0 < bound && $0.isMultiple(of: 2) }
        }
    }
}

extension Hyperparameters {
    /// Whether each layer has the attention window, when the file lists them or a GGUF file has a period for them.
    ///
    /// - Parameter first: Where a period's layer without a window is: 0 for the first of each, 1 for the last.
    func attentionKinds(layerCount: Int, first: Int) throws(ModelLoadError) -> [Bool]? {
        switch tensors.source {
        case .gguf(let file): try windowPattern(file.metadata, layerCount: layerCount, first: first)
        case .checkpoint: try layerTypes(layerCount: layerCount)
        }
    }

    private func windowPattern(
        _ metadata: GGUFMetadata, layerCount: Int, first: Int
    ) throws(ModelLoadError) -> [Bool]? {
        let name = "attention.sliding_window_pattern"
        guard case .array? = metadata[key(name)] else {
            let period = try count(ifPresent: name, limit: ModelLimits.layerCount)
            return period.map { period in (0..<layerCount).map { ($0 + first) % period != 0 } }
        }
        let kinds: [Bool]
        do { kinds = try metadata.bools(key(name)) } catch { throw .file(error) }
        try check(kinds.count, layerCount: layerCount, name)
        return kinds
    }

    private func layerTypes(layerCount: Int) throws(ModelLoadError) -> [Bool]? {
        let name = "layer_types"
        guard let types = try strings(ifPresent: name) else { return nil }
        try check(types.count, layerCount: layerCount, name)
        guard types.allSatisfy({ ["full_attention", "sliding_attention"].contains($0) }) else {
            throw .unsupported(key: key(name), reason: "only 'full_attention' and 'sliding_attention' are supported")
        }
        return types.map { $0 == "sliding_attention" }
    }

    private func check(_ count: Int, layerCount: Int, _ name: String) throws(ModelLoadError) {
        guard count == layerCount else {
            throw .hyperparameter(key: key(name), reason: "\(count) elements for \(layerCount) layers")
        }
    }
}
