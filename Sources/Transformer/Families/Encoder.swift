import ModelFiles

/// Makes the spec of an encoder: layers in which every token sees the whole text, or a window to both sides.
///
/// A head follows from the tensors: for masked tokens, for labels of a text, or none.
struct Encoder {
    let model: Hyperparameters
    let traits: EncoderTraits
    let layerCount: Int
    let embeddingLength: Int
    let epsilon: Float
    let activation: Activation

    var tensors: TensorMap { model.tensors }

    init(_ model: Hyperparameters, traits: EncoderTraits) throws(ModelLoadError) {
        self.model = model
        self.traits = traits
        layerCount = try model.count("block_count", limit: ModelLimits.layerCount)
        embeddingLength = try model.count("embedding_length", limit: ModelLimits.embeddingLength)
        for key in traits.refused where model.isCheckpoint {
            guard try model.bool(ifPresent: key) == true else { continue }
            throw .unsupported(key: model.key(key), reason: "only false is supported")
        }
        epsilon = try model.positive(ifPresent: "attention.layer_norm_epsilon") ?? traits.normEpsilon
        activation = try model.activation(otherwise: traits.activation)
    }

    func spec() throws(ModelLoadError) -> ModelSpec {
        let (embedding, contextLength) = try embedding()
        let hiddenLength = try model.count("feed_forward_length", limit: ModelLimits.hiddenLength)
        let groupCount = try groupCount()
        let attentions = try attentions(contextLength: contextLength)
        var layers: [LayerSpec] = []
        for (index, attention) in attentions.enumerated() {
            // Layers of one group are the same, so the group's first says what they have.
            let stored = index * groupCount / layerCount
            let normPart: ModelPart = traits.normPlacement == .after ? .attentionSumNorm : .feedForwardNorm
            let feedForward = DenseSpec(
                hiddenLength: hiddenLength, activation: activation, isGated: traits.isGated,
                hasInputBias: tensors.has(.up, layer: stored, .bias),
                hasOutputBias: tensors.has(.down, layer: stored, .bias))
            var layer = LayerSpec(
                mixer: .attention(attention), feedForward: .dense(feedForward),
                norm: norm(normPart, layer: stored), normPlacement: traits.normPlacement)
            layer.normsMixerInput = !(traits.skipsFirstNorm && index == 0)
            layers.append(layer)
        }
        return ModelSpec(
            architecture: model.architecture, vocabularySize: try model.vocabularySize(embedding.length),
            embeddingLength: embeddingLength, contextLength: contextLength, embedding: embedding, layers: layers,
            layerGroupCount: groupCount == layerCount ? nil : groupCount,
            outputNorm: traits.normPlacement == .after ? nil : norm(.outputNorm), head: try head(embedding))
    }

    /// Norms' biases follow from the tensors.
    func norm(_ part: ModelPart, layer: Int? = nil) -> NormSpec {
        NormSpec(kind: .layer(hasBias: tensors.has(part, layer: layer, .bias)), epsilon: epsilon)
    }

    /// Groups of layers that share their weights.
    private func groupCount() throws(ModelLoadError) -> Int {
        let given = try model.count(ifPresent: "num_hidden_groups", limit: layerCount)
        guard let count = given ?? traits.groupCount else { return layerCount }
        let innerCount = try model.count(ifPresent: "inner_group_num", limit: ModelLimits.layerCount) ?? 1
        guard innerCount == 1 else {
            throw .unsupported(
                key: model.key("inner_group_num"), reason: "groups of more than one layer aren't supported")
        }
        return count
    }

    private func embedding() throws(ModelLoadError) -> (EmbeddingSpec, contextLength: Int) {
        let length = try model.count(ifPresent: "embedding_size", limit: ModelLimits.embeddingLength)
        var embedding = EmbeddingSpec(length: length ?? embeddingLength)
        embedding.projectsLast = traits.projectsEmbeddingLast
        embedding.typeCount = try typeCount(
            rowLength: traits.projectsEmbeddingLast ? embedding.length : embeddingLength)
        embedding.norm = norm(.embeddingNorm)
        let count = try model.count("context_length", limit: ModelLimits.contextLength)
        switch traits.position {
        case .rope, .ropeWithWindows: return (embedding, count)
        case .learned, .learnedAfterPadding, .learnedAndDistances: break
        }
        let kind = model.isCheckpoint ? try model.string(ifPresent: "position_embedding_type") : nil
        guard kind == nil || kind == "absolute" else {
            throw .unsupported(
                key: model.key("position_embedding_type"), reason: "only 'absolute' positions are supported")
        }
        // GGUF files leave the rows before the first position out.
        var offset = 0
        if traits.startsAfterPadding, model.isCheckpoint {
            let padding = try model.integer(ifPresent: "pad_token_id") ?? 1
            guard (0..<count - 1).contains(padding) else {
                throw .hyperparameter(key: model.key("pad_token_id"), reason: "no positions are left after it")
            }
            offset = padding + 1
        }
        embedding.positions = EmbeddingSpec.Positions(count: count, offset: offset)
        return (embedding, count - offset)
    }

    private func typeCount(rowLength: Int) throws(ModelLoadError) -> Int {
        guard tensors.has(.tokenTypes) else { return 0 }
        return try model.rowCount(.tokenTypes, rowLength: rowLength, limit: ModelLimits.tokenTypeCount)
    }
}
