extension Encoder {
    /// What the tensors are for; nil for a model that only embeds.
    func head(_ embedding: EmbeddingSpec) throws(ModelLoadError) -> HeadSpec? {
        if tensors.has(.classifier) { return try labels() }
        guard tensors.has(.headTransform) else { return nil }
        let isTied = try model.bool(ifPresent: "tie_word_embeddings") ?? true
        var head = HeadSpec(output: .tokens(isTied: isTied), hasBias: tensors.has(.output, .bias))
        let named = try headActivation()
        head.transform = HeadSpec.Transform(
            length: embedding.length, hasBias: tensors.has(.headTransform, .bias),
            activation: traits.maskedActivation ?? named ?? activation, norm: norm(.headNorm))
        return head
    }

    private func labels() throws(ModelLoadError) -> HeadSpec {
        let count = try model.rowCount(.classifier, rowLength: embeddingLength, limit: ModelLimits.labelCount)
        var head = HeadSpec(
            output: .labels(count: count, pooling: try labelPooling()), hasBias: tensors.has(.classifier, .bias))
        // GGUF files of some families lack the first matrix; in checkpoints it must be there.
        guard model.isCheckpoint || tensors.has(.classifierTransform) else { return head }
        head.transform = HeadSpec.Transform(
            length: embeddingLength, hasBias: tensors.has(.classifierTransform, .bias),
            activation: try headActivation() ?? traits.labelActivation,
            norm: tensors.has(.classifierNorm) ? norm(.classifierNorm) : nil)
        return head
    }

    /// The activation of heads, where the family's settings have one.
    private func headActivation() throws(ModelLoadError) -> Activation? {
        let name = "classifier_activation"
        guard model.isCheckpoint, try model.string(ifPresent: name) != nil else { return nil }
        return try model.activation(name, otherwise: activation)
    }

    private func labelPooling() throws(ModelLoadError) -> Pooling {
        guard model.isCheckpoint else { return try ggufLabelPooling() }
        let name = "classifier_pooling"
        switch try model.string(ifPresent: name) {
        case nil, "cls": return .first
        case "mean": return .mean
        case .some(let other):
            throw .unsupported(key: model.key(name), reason: "'\(other)' isn't supported, only 'cls' and 'mean'")
        }
    }

    private func ggufLabelPooling() throws(ModelLoadError) -> Pooling {
        let name = "classifier.pooling_type"
        switch try model.integer(ifPresent: name) {
        case nil: return traits.labelPooling
        case 1: return .mean
        case 2: return .first
        case .some(let type):
            throw .unsupported(key: model.key(name), reason: "\(type) isn't supported, only 1 (mean) and 2 (cls)")
        }
    }
}
