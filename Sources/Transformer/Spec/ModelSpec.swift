/// The architecture of a transformer as a value: what a forward pass computes, without any weights.
///
/// A model family is a function that fills this from a model's hyperparameters (see ``Architectures``); everything after
/// that, the binding of weights, the sizes of buffers and the forward pass, reads the value and knows no families.
public struct ModelSpec: Sendable, Equatable {
    /// The family's name in the file, for people to read; no code compares it.
    public var architecture: String
    /// Token ids are `0 ..< vocabularySize`; also the length of a row of logits.
    public var vocabularySize: Int
    /// The length of the hidden state of one token.
    public var embeddingLength: Int
    /// The largest number of positions the model was made for.
    public var contextLength: Int
    public var embedding: EmbeddingSpec
    public var layers: [LayerSpec]
    /// So many groups of neighbouring layers have the same weights; nil when each layer has its own.
    public var layerGroupCount: Int?
    /// The norm after the last layer.
    public var outputNorm: NormSpec?
    /// What makes logits or scores; nil for a model that only embeds.
    public var head: HeadSpec?
    /// How the model was trained to make one vector of a text, if its files say so.
    public var pooling: Pooling?

    public init(
        architecture: String, vocabularySize: Int, embeddingLength: Int, contextLength: Int,
        embedding: EmbeddingSpec, layers: [LayerSpec], layerGroupCount: Int? = nil, outputNorm: NormSpec?,
        head: HeadSpec?, pooling: Pooling? = nil
    ) {
        self.architecture = architecture
        self.vocabularySize = vocabularySize
        self.embeddingLength = embeddingLength
        self.contextLength = contextLength
        self.embedding = embedding
        self.layers = layers
        self.layerGroupCount = layerGroupCount
        self.outputNorm = outputNorm
        self.head = head
        self.pooling = pooling
    }

    /// Whether the output matrix is the token embedding.
    public var hasTiedOutput: Bool { head?.output == .tokens(isTied: true) }

    /// Whether keys and values of earlier steps are needed: not when every position sees the whole text, which then is
    /// computed in one step.
    public var needsCache: Bool { attentions.contains { $0.mask == .causal } }

    /// The attention of each layer.
    var attentions: [AttentionSpec] {
        layers.map { layer in
            switch layer.mixer {
            case .attention(let attention): attention
            }
        }
    }
}
