import Transformer

extension TextAbilities {
    /// What the files of a model say.
    init(_ model: OpenedModel) {
        let spec = model.model.spec
        let embedding = spec.pooling.map { pooling in
            // GGUF files do not say whether vectors are normalised; models that are trained to embed compare directions.
            Embedding(pooling: pooling, isNormalized: true, length: spec.embeddingLength)
        }
        switch spec.head?.output {
        case .labels(let count, _):
            let classifier = Classifier(
                labels: Array(repeating: nil, count: count), activation: count == 1 ? .sigmoid : .softmax)
            self.init(model.tokenizer, embedding: embedding, classifier: classifier)
        case .tokens: self.init(model.tokenizer, embedding: embedding, fillsMasks: !spec.needsCache)
        case nil: self.init(model.tokenizer, embedding: embedding)
        }
    }
}
