extension ModelSpec {
    /// Whether the model uses a part that the table of its family's names may find.
    func has(_ part: ModelPart, layer: Int?) -> Bool {
        switch part {
        case .headTransform, .headNorm:
            if case .tokens? = head?.output { head?.transform != nil } else { false }
        // Embedding models still have what BERT was trained with.
        case .classifierTransform, .classifierNorm, .classifier:
            if case .labels? = head?.output { true } else { false }
        case .attentionNorm, .feedForwardNorm, .attentionSumNorm, .feedForwardSumNorm:
            layer.map { hasNorm(part, layers[$0].normPlacement) } ?? false
        default: true
        }
    }

    private func hasNorm(_ part: ModelPart, _ placement: NormPlacement) -> Bool {
        switch part {
        case .attentionNorm: placement.hasInputNorm
        case .feedForwardNorm: placement.hasInputNorm && placement != .parallel(sharesNorm: true)
        default: placement == .after
        }
    }

    /// Members of a part that have a tensor each.
    func memberCount(of part: ModelPart, layer: Int?) -> Int {
        guard let layer else { return 1 }
        switch part {
        case .queryNorm: return attentions[layer].headCount
        case .keyNorm: return attentions[layer].keyValueHeadCount
        case .expertGate, .expertUp, .expertDown:
            guard case .experts(let experts) = layers[layer].feedForward else { return 1 }
            return experts.count
        default: return 1
        }
    }

    /// Outputs of the parts that may share a tensor with others.
    func sharedCounts(layer: Int) -> [ModelPart: Int] {
        let attention = attentions[layer]
        var counts: [ModelPart: Int] = [
            .query: attention.queryLength, .key: attention.keyLength, .value: attention.keyLength,
        ]
        switch layers[layer].feedForward {
        case .dense(let dense): (counts[.gate], counts[.up]) = (dense.hiddenLength, dense.hiddenLength)
        case .experts(let experts):
            (counts[.expertGate], counts[.expertUp]) = (experts.hiddenLength, experts.hiddenLength)
            counts[.expertDown] = embeddingLength
        }
        return counts
    }
}
