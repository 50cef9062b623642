/// What sets one family of decoders apart from another and isn't in the file.
///
/// What is in the file, as a number or as a tensor that exists or doesn't, isn't repeated here.
struct DecoderTraits {
    var position = Position.rope(.halves)
    /// When the file doesn't name another.
    var activation = Activation.silu
    /// Whether the feed-forward has a gate.
    var isGated = true
    var normKind = NormKind.rootMeanSquare
    var normPlacement = NormPlacement.before
    var hasOutputNorm = true
    /// Whether norms have weights.
    var normsHaveWeights = true
    /// What a norm of queries and keys covers, where there is one.
    var queryKeyNorm = QueryKeyNorm.Span.head
    /// What embeddings are multiplied with, in place of the file's number.
    var embeddingScale: Float?
    /// Key-value heads, in place of the file's number.
    var keyValueHeadCount: Int?
    /// What products of queries and keys are multiplied with, in place of the file's number.
    var attentionScale: Float?
    /// Which layers have the file's attention window when it doesn't say.
    var localLayers: LocalLayers?
    /// Every how many layers one doesn't rotate, when the file doesn't say.
    var unrotatedLayerPeriod: Int?
    /// Positions are no limit, whatever smaller number the file gives.
    var leastContextLength = 1
    /// What makes logits of the output matrix's product: it is divided by the file's scale, or multiplied with it.
    var dividesLogits = false
    /// Whether the chosen experts' weights are divided by their sum, when the file doesn't say.
    var normalizesExpertWeights = false

    enum Position {
        case rope(RopeSpec.Layout)
        case alibi(maximumBias: Float, scale: Float = 1)
        /// A vector for each position, the first of them at row `offset` of the table.
        case learned(offset: Int)
    }

    enum NormKind {
        case rootMeanSquare
        /// Biases follow from the tensors.
        case layer
    }

    /// Every `period`-th layer sees the whole context, the others only the window.
    struct LocalLayers {
        var period: Int
        /// The base of the rotation in layers with the window, when it is another one. It isn't scaled when the others' is.
        var ropeBase: Float?

        func contains(_ layer: Int) -> Bool { (layer + 1) % period != 0 }
    }
}
