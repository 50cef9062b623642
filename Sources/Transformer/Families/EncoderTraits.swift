/// What sets one family of encoders apart from another and isn't in the file.
struct EncoderTraits {
    var position = Position.learned
    var normPlacement = NormPlacement.after
    /// When the file doesn't say, as some families' never do.
    var normEpsilon: Float = 1e-12
    var activation = Activation.gelu
    /// Whether the feed-forward has a gate.
    var isGated = false
    /// Whether narrow embeddings become the hidden state after all is added and normed, rather than before.
    var projectsEmbeddingLast = false
    /// Groups of layers that share their weights, when the file doesn't say; nil stands for one group for each layer.
    var groupCount: Int?
    /// Whether the first layer takes its input as it is, which the embedding has normed.
    var skipsFirstNorm = false
    /// Between the two matrices of the head that finds masked tokens, in place of the file's activation.
    var maskedActivation: Activation?
    /// Between the two matrices of the head that scores labels.
    var labelActivation = Activation.tanh
    /// What that head takes of a text's hidden states, when a GGUF file doesn't say.
    var labelPooling = Pooling.first

    /// Settings of `config.json` that make another model when they are true.
    var refused: [String] = []

    enum Position {
        /// A vector for each position.
        case learned
        /// The same, from the row after the padding token's number on.
        case learnedAfterPadding
        /// Queries and keys are rotated, by this base if the file has none.
        case rope(base: Float)
        /// The same; every few layers one sees the whole text, the others a window.
        case ropeWithWindows(base: Float, localBase: Float)
        /// As ``learnedAfterPadding``, and scores get a learned bias for the distance.
        case learnedAndDistances
    }

    /// How families of encoders round off: a table's row for position 0 comes after the padding token's.
    var startsAfterPadding: Bool {
        switch position {
        case .learnedAfterPadding, .learnedAndDistances: true
        case .learned, .rope, .ropeWithWindows: false
        }
    }
}
