import ModelFiles

/// Makes the spec of a decoder: layers of causal attention and of feed-forwards.
///
/// Members of this large kind differ in their traits, in their hyperparameters and in optional tensors: biases of the
/// projections, norms of queries and keys, frequency factors, experts, an output matrix of its own.
struct Decoder {
    let model: Hyperparameters
    let traits: DecoderTraits
    let layerCount: Int
    let embeddingLength: Int
    let contextLength: Int
    let norm: NormSpec

    var tensors: TensorMap { model.tensors }

    init(_ model: Hyperparameters, traits: DecoderTraits) throws(ModelLoadError) {
        self.model = model
        self.traits = traits
        layerCount = try model.count("block_count", limit: ModelLimits.layerCount)
        embeddingLength = try model.count("embedding_length", limit: ModelLimits.embeddingLength)
        contextLength = max(
            try model.count("context_length", limit: ModelLimits.contextLength), traits.leastContextLength)
        norm = try Self.norm(model, traits)
    }

    func spec() throws(ModelLoadError) -> ModelSpec {
        let embedding = try embedding()
        let attention = try attention()
        let residualScale = try model.positive("residual_scale", otherwise: 1)
        var layers: [LayerSpec] = []
        for (index, attention) in attention.enumerated() {
            layers.append(
                LayerSpec(
                    mixer: .attention(attention), feedForward: try feedForward(index), norm: norm,
                    normPlacement: traits.normPlacement, residualScale: residualScale))
        }
        return ModelSpec(
            architecture: model.architecture, vocabularySize: try model.vocabularySize(embedding.length),
            embeddingLength: embeddingLength, contextLength: contextLength,
            embedding: embedding, layers: layers, outputNorm: traits.hasOutputNorm ? norm : nil,
            head: try head(embedding))
    }

    private func embedding() throws(ModelLoadError) -> EmbeddingSpec {
        let length = try model.count(ifPresent: "word_embed_proj_dim", limit: ModelLimits.embeddingLength)
        var embedding = EmbeddingSpec(length: length ?? embeddingLength)
        let scale = try model.positive("embedding_scale", otherwise: 1)
        embedding.scale = traits.embeddingScale ?? scale
        if case .learned(let offset) = traits.position {
            embedding.positions = EmbeddingSpec.Positions(count: contextLength + offset, offset: offset)
        }
        if tensors.has(.embeddingNorm) {
            let hasBias = tensors.has(.embeddingNorm, .bias)
            embedding.norm = NormSpec(kind: .layer(hasBias: hasBias), epsilon: norm.epsilon)
        }
        return embedding
    }

    private func head(_ embedding: EmbeddingSpec) throws(ModelLoadError) -> HeadSpec {
        // Without a word about it, an output matrix that is there is used.
        let hasOutput = tensors.has(.output), ties = try model.bool(ifPresent: "tie_word_embeddings")
        let isTied = model.isCheckpoint ? ties ?? !hasOutput : !hasOutput
        var head = HeadSpec(output: .tokens(isTied: isTied), hasBias: tensors.has(.output, .bias))
        if embedding.length != embeddingLength { head.transform = HeadSpec.Transform(length: embedding.length) }
        if let scale = try model.positive(ifPresent: "logit_scale") {
            head.scale = traits.dividesLogits ? 1 / scale : scale
        }
        head.softCap = try model.positive(ifPresent: "final_logit_softcapping")
        return head
    }

    private func feedForward(_ layer: Int) throws(ModelLoadError) -> FeedForwardSpec {
        let activation = try model.activation(otherwise: traits.activation, names: traits.activationNames)
        let count = try model.integer(ifPresent: "expert_count") ?? 0
        let hasExperts = tensors.has(.router, layer: layer) || !tensors.has(.up, layer: layer)
        if count != 0, hasExperts { return .experts(try experts(activation)) }
        let hiddenLengths = try model.counts(
            ifPresent: "feed_forward_length", layerCount: layerCount, limit: ModelLimits.hiddenLength)
        if hiddenLengths == nil, !model.isCheckpoint {
            throw .file(.missingKey(model.key("feed_forward_length")))
        }
        return .dense(
            DenseSpec(
                // Where config.json may leave it out it is this, by the paper's proportions.
                hiddenLength: hiddenLengths?[layer] ?? 4 * embeddingLength, activation: activation,
                isGated: traits.isGated, hasInputBias: hasInAnyLayer(.up, .bias),
                hasOutputBias: hasInAnyLayer(.down, .bias)))
    }

    /// Whether any layer has an optional part; then all must, so that one that is missing is found out.
    func hasInAnyLayer(_ part: ModelPart, _ kind: TensorMap.Kind = .weight) -> Bool {
        (0..<layerCount).contains { tensors.has(part, layer: $0, kind) }
    }

    private func experts(_ activation: Activation) throws(ModelLoadError) -> ExpertsSpec {
        let count = try model.count("expert_count", limit: ModelLimits.expertCount)
        let own = "expert_feed_forward_length", limit = ModelLimits.hiddenLength
        let length = try model.count(ifPresent: own, limit: limit)
        let normalizesWeights = try model.bool(ifPresent: "expert_weights_norm")
        var experts = ExpertsSpec(
            count: count, usedCount: try model.count("expert_used_count", limit: count),
            hiddenLength: try model.count(length == nil ? "feed_forward_length" : own, limit: limit),
            activation: activation, normalizesWeights: normalizesWeights ?? traits.normalizesExpertWeights)
        let shared = try model.count(
            ifPresent: "expert_shared_feed_forward_length", limit: ModelLimits.hiddenLength)
        if let shared {
            experts.shared = DenseSpec(hiddenLength: shared, activation: activation, isGated: traits.isGated)
            experts.gatesShared = true
        }
        return experts
    }

    private static func norm(_ model: Hyperparameters, _ traits: DecoderTraits) throws(ModelLoadError) -> NormSpec {
        switch traits.normKind {
        case .rootMeanSquare:
            let epsilon = try model.positive("attention.layer_norm_rms_epsilon")
            return NormSpec(kind: .rootMeanSquare, epsilon: epsilon, hasWeight: traits.normsHaveWeights)
        case .layer:
            let parts: [ModelPart] = [.attentionNorm, .attentionOutputNorm, .attentionSumNorm]
            let hasBias = parts.contains { model.tensors.has($0, layer: 0, .bias) }
            let epsilon = try model.positive("attention.layer_norm_epsilon")
            return NormSpec(
                kind: .layer(hasBias: hasBias && traits.normsHaveWeights), epsilon: epsilon,
                hasWeight: traits.normsHaveWeights)
        }
    }
}

extension Hyperparameters {
    /// The rows of the embedding; the tensor counts, because vocabularies are padded in some files.
    func vocabularySize(_ embeddingLength: Int) throws(ModelLoadError) -> Int {
        try rowCount(.embedding, rowLength: embeddingLength, limit: ModelLimits.vocabularySize)
    }

    /// The rows of a table or matrix whose number the file doesn't say otherwise.
    func rowCount(_ part: ModelPart, rowLength: Int, limit: Int) throws(ModelLoadError) -> Int {
        let name = tensors.name(tensors.reading(of: part, layer: nil), layer: nil, .weight)
        guard let tensor = tensors.source.tensor(name) else { throw .missingTensor(name) }
        guard tensor.shape.count == 2, tensor.shape[0] == rowLength, (1...limit).contains(tensor.rowCount) else {
            throw .tensorShape(name: name, expected: [rowLength, min(tensor.rowCount, limit)], found: tensor.shape)
        }
        return tensor.rowCount
    }

    /// The activation that `config.json` names, or else `hidden_activation` of a GGUF file.
    ///
    /// - Parameter names: What some names mean in this family.
    func activation(
        _ name: String = "activation", otherwise standard: Activation, names: [String: Activation] = [:]
    ) throws(ModelLoadError) -> Activation {
        let given = try string(ifPresent: isCheckpoint ? name : "hidden_activation")
        if let given, let activation = names[given] { return activation }
        switch given {
        case nil: return standard
        case "silu", "swish", "swiglu": return .silu
        case "gelu", "gelu_python": return .gelu
        case "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh": return .geluTanh
        case "quick_gelu": return .quickGelu
        case "relu": return .relu
        case "tanh": return .tanh
        case .some: throw .unsupported(key: key(name), reason: "this activation function isn't supported")
        }
    }
}
