import Glibc
import Kernels
import ModelFiles

extension Architectures {
    /// A decoder: layers of causal attention with rotary positions and of feed-forwards.
    ///
    /// Members differ in their traits and in optional tensors: biases of the projections, norms of queries and keys,
    /// frequency factors, an output matrix of its own.
    static func decoder(_ file: Hyperparameters, _ traits: DecoderTraits) throws(ModelLoadError) -> ModelSpec {
        let layerCount = try file.count("block_count", limit: ModelLimits.layerCount)
        let embeddingLength = try file.count("embedding_length", limit: ModelLimits.embeddingLength)
        try refuse(file, "expert_count", because: "mixtures of experts are not supported")
        let norm = try normSpec(file, traits)
        let hiddenLengths = try file.counts(
            "feed_forward_length", layerCount: layerCount, limit: ModelLimits.hiddenLength)
        let attention = try attentionSpecs(
            file, layerCount: layerCount, embeddingLength: embeddingLength, norm: norm, traits: traits)
        return ModelSpec(
            architecture: file.architecture,
            vocabularySize: try vocabularySize(file, embeddingLength: embeddingLength),
            embeddingLength: embeddingLength,
            contextLength: try file.count("context_length", limit: ModelLimits.contextLength),
            embeddingScale: traits.scalesEmbedding ? Float(embeddingLength).squareRoot() : 1,
            layers: attention.indices.map { layer in
                LayerSpec(
                    mixer: .attention(attention[layer]),
                    feedForward: feedForward(file, layer, hiddenLength: hiddenLengths[layer], traits),
                    norm: norm, normPlacement: traits.normPlacement)
            },
            outputNorm: norm,
            hasTiedOutput: !file.hasTensor(TensorNames.output),
            logitSoftCap: try file.positive(ifPresent: "final_logit_softcapping"))
    }

    private static func normSpec(_ file: Hyperparameters, _ traits: DecoderTraits) throws(ModelLoadError) -> NormSpec {
        let key =
            switch traits.normKind {
            case .rootMeanSquare: "attention.layer_norm_rms_epsilon"
            case .layer: "attention.layer_norm_epsilon"
            }
        return NormSpec(kind: traits.normKind, epsilon: try file.positive(key))
    }

    private static func feedForward(
        _ file: Hyperparameters, _ layer: Int, hiddenLength: Int, _ traits: DecoderTraits
    ) -> FeedForwardSpec {
        guard !traits.isGated else { return .gated(hiddenLength: hiddenLength, activation: traits.activation) }
        return .plain(
            hiddenLength: hiddenLength, activation: traits.activation,
            hasBias: file.hasTensor(TensorNames.layer(layer, .up) + ".bias"))
    }

    /// The attention of every layer.
    private static func attentionSpecs(
        _ file: Hyperparameters, layerCount: Int, embeddingLength: Int, norm: NormSpec, traits: DecoderTraits
    ) throws(ModelLoadError) -> [AttentionSpec] {
        let limit = ModelLimits.headCount
        let headCounts = try file.counts("attention.head_count", layerCount: layerCount, limit: limit)
        let keyValueHeadCounts =
            try file.counts(ifPresent: "attention.head_count_kv", layerCount: layerCount, limit: limit) ?? headCounts
        let headLength = try headLength(file, headCount: headCounts[0], embeddingLength: embeddingLength)
        let rope = try ropeSpec(file, headLength: headLength, layout: traits.ropeLayout)
        let window = try file.count(ifPresent: "attention.sliding_window", limit: ModelLimits.contextLength)
        let scale = try file.positive(ifPresent: "attention.scale") ?? 1 / Float(headLength).squareRoot()
        let softCap = try file.positive(ifPresent: "attn_logit_softcapping")

        var specs: [AttentionSpec] = []
        for (layer, (headCount, keyValueHeadCount)) in zip(headCounts, keyValueHeadCounts).enumerated() {
            guard headCount.isMultiple(of: keyValueHeadCount) else {
                throw .hyperparameter(
                    key: file.key("attention.head_count_kv"),
                    reason: "\(headCount) heads can't share \(keyValueHeadCount) key-value heads (layer \(layer))")
            }
            guard headCount / keyValueHeadCount <= AttentionTile.maximumRowCount else {
                throw .unsupported(
                    key: file.key("attention.head_count_kv"),
                    reason: "more than \(AttentionTile.maximumRowCount) heads share a key-value head")
            }
            let isLocal = traits.localLayers?.contains(layer)
            var layerRope = rope
            if let local = traits.localLayers, local.contains(layer) {
                layerRope.base = local.ropeBase
                layerRope.scaling = .none
            }
            specs.append(
                AttentionSpec(
                    headCount: headCount, keyValueHeadCount: keyValueHeadCount, headLength: headLength,
                    hasInputBias: file.hasTensor(TensorNames.layer(layer, .query) + ".bias"),
                    hasOutputBias: file.hasTensor(TensorNames.layer(layer, .attentionOutput) + ".bias"),
                    queryKeyNorm: file.hasTensor(TensorNames.layer(layer, .queryNorm) + ".weight") ? norm : nil,
                    window: isLocal ?? true ? window : nil, softCap: softCap, scale: scale,
                    position: .rope(layerRope)))
        }
        return specs
    }

    /// Elements of one head.
    private static func headLength(
        _ file: Hyperparameters, headCount: Int, embeddingLength: Int
    ) throws(ModelLoadError) -> Int {
        let headLength: Int
        if let length = try file.count(ifPresent: "attention.key_length", limit: ModelLimits.headLength) {
            headLength = length
        } else {
            headLength = embeddingLength / headCount
            guard embeddingLength.isMultiple(of: headCount), headLength <= ModelLimits.headLength else {
                throw .hyperparameter(
                    key: file.key("attention.head_count"),
                    reason: "\(headCount) heads don't divide an embedding of \(embeddingLength)")
            }
        }
        guard headLength.isMultiple(of: 2) else {
            throw .hyperparameter(key: file.key("attention.key_length"), reason: "\(headLength) is odd")
        }
        if let valueLength = try file.count(ifPresent: "attention.value_length", limit: ModelLimits.headLength),
            valueLength != headLength
        {
            throw .unsupported(
                key: file.key("attention.value_length"),
                reason: "values of another length (\(valueLength)) than keys (\(headLength))")
        }
        return headLength
    }

    private static func ropeSpec(
        _ file: Hyperparameters, headLength: Int, layout: RopeSpec.Layout
    ) throws(ModelLoadError) -> RopeSpec {
        let name = "rope.dimension_count"
        let dimensionCount = try file.count(ifPresent: name, limit: ModelLimits.headLength) ?? headLength
        guard dimensionCount <= headLength, dimensionCount.isMultiple(of: 2) else {
            throw .hyperparameter(
                key: file.key(name), reason: "\(dimensionCount) isn't an even number up to \(headLength)")
        }
        return RopeSpec(
            layout: layout, dimensionCount: dimensionCount,
            base: try file.positive(ifPresent: "rope.freq_base") ?? 10_000,
            scaling: try ropeScaling(file, dimensionCount: dimensionCount))
    }

    private static func ropeScaling(
        _ file: Hyperparameters, dimensionCount: Int
    ) throws(ModelLoadError) -> RopeSpec.Scaling {
        if let factors = try TensorReader.optionalVector(file.file, TensorNames.ropeFactors, count: dimensionCount / 2)
        {
            guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
                throw .tensorType(name: TensorNames.ropeFactors, reason: "a factor isn't a finite number above 0")
            }
            return .perPair(factors: factors)
        }
        switch try file.string(ifPresent: "rope.scaling.type") {
        case "linear":
            return .linear(factor: try file.positive("rope.scaling.factor"))
        case nil, "none":
            // Before there was a type there was this key.
            guard let factor = try file.positive(ifPresent: "rope.scale_linear"), factor != 1 else { return .none }
            return .linear(factor: factor)
        default:
            throw .unsupported(key: file.key("rope.scaling.type"), reason: "only 'none' and 'linear' are supported")
        }
    }

    /// The rows of the embedding; the tensor counts, because vocabularies are padded in some files.
    private static func vocabularySize(
        _ file: Hyperparameters, embeddingLength: Int
    ) throws(ModelLoadError) -> Int {
        let name = TensorNames.embedding
        guard let tensor = file.file.tensor(name) else { throw .missingTensor(name) }
        guard tensor.shape.count == 2, tensor.shape[0] == embeddingLength,
            (1...ModelLimits.vocabularySize).contains(tensor.shape[1])
        else {
            throw .tensorShape(
                name: name, expected: [embeddingLength, min(tensor.rowCount, ModelLimits.vocabularySize)],
                found: tensor.shape)
        }
        return tensor.shape[1]
    }

    private static func refuse(
        _ file: Hyperparameters, _ name: String, because reason: String
    ) throws(ModelLoadError) {
        let value: Int?
        do { value = try file.file.metadata.integer(ifPresent: file.key(name)) } catch { throw .file(error) }
        if let value, value != 0 { throw .unsupported(key: file.key(name), reason: reason) }
    }
}
