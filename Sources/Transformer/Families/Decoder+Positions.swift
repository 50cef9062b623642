import ModelFiles

extension Decoder {
    /// How each layer learns where tokens stand.
    func positions(headLength: Int) throws(ModelLoadError) -> [PositionEncoding] {
        switch traits.position {
        case .learned: return Array(repeating: .none, count: layerCount)
        case .alibi(let maximumBias, let scale):
            let maximum = try model.positive(ifPresent: "attention.max_alibi_bias") ?? maximumBias
            return Array(repeating: .alibi(maximumBias: maximum, scale: scale), count: layerCount)
        case .rope(let layout):
            var rotation = Rotation(
                model: model, headLength: headLength, layout: layout, contextLength: contextLength)
            let rope = try rotation.spec()
            var local = rope
            if let base = traits.localRopeBase {
                (rotation.use, rotation.standardBase) = (.windows, base)
                local = try rotation.spec()
            }
            let isLocal = try localLayers(), rotates = try rotatedLayers()
            return (0..<layerCount).map { rotates($0) ? .rope(isLocal($0) ? local : rope) : .none }
        }
    }

    /// Which layers rotate queries and keys.
    func rotatedLayers() throws(ModelLoadError) -> (Int) -> Bool {
        switch traits.rotatedLayers {
        case .all: return { _ in true }
        case .local: return try localLayers()
        case .interrupted(var period):
            if let flags = try model.integers(ifPresent: "no_rope_layers") {
                guard flags.count >= layerCount else {
                    throw .hyperparameter(key: model.key("no_rope_layers"), reason: "fewer elements than layers")
                }
                return { flags[$0] != 0 }
            }
            let name = "no_rope_layer_interval"
            if model.isCheckpoint, let given = try model.count(ifPresent: name, limit: ModelLimits.layerCount) {
                period = given
            }
            return { ($0 + 1) % period != 0 }
        }
    }
}
