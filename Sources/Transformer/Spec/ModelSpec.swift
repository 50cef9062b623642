/// The architecture of a transformer as a value: what a forward pass computes, without any weights.
///
/// A model family is a function that fills this from a file's metadata (see ``Architectures``); everything after
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
    /// What the token embeddings are multiplied with.
    public var embeddingScale: Float
    public var layers: [LayerSpec]
    /// The norm between the last layer and the output matrix.
    public var outputNorm: NormSpec
    /// Whether the output matrix is the token embedding.
    public var hasTiedOutput: Bool
    /// Logits become `cap * tanh(logit / cap)`.
    public var logitSoftCap: Float?

    public init(
        architecture: String, vocabularySize: Int, embeddingLength: Int, contextLength: Int,
        embeddingScale: Float = 1, layers: [LayerSpec], outputNorm: NormSpec, hasTiedOutput: Bool,
        logitSoftCap: Float? = nil
    ) {
        self.architecture = architecture
        self.vocabularySize = vocabularySize
        self.embeddingLength = embeddingLength
        self.contextLength = contextLength
        self.embeddingScale = embeddingScale
        self.layers = layers
        self.outputNorm = outputNorm
        self.hasTiedOutput = hasTiedOutput
        self.logitSoftCap = logitSoftCap
    }
}
