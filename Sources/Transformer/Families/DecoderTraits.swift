/// What sets one family of decoders apart from another and isn't in the file.
///
/// What is in the file, as a number or as a tensor that exists or doesn't, isn't repeated here.
struct DecoderTraits {
    var position = Position.rope(.halves)
    /// When the file doesn't name another.
    var activation = Activation.silu
    /// Names of activations that mean something else in this family's checkpoints than elsewhere.
    var activationNames: [String: Activation] = [:]
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
    /// Whether the file's soft cap of scores counts; some families have the key and ignore it.
    var capsScores = true
    /// Which layers have the file's attention window.
    var localLayers = LocalLayers.all
    /// The base of the rotation in those layers, where they have a rotation of their own and the file has no base.
    var localRopeBase: Float?
    /// Which layers rotate queries and keys.
    var rotatedLayers = RotatedLayers.all
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

    /// Layers with a window. But for ``all``, a checkpoint's list comes first.
    enum LocalLayers: Equatable {
        case all
        /// All but every `period`-th, if a checkpoint gives no other number.
        case interrupted(period: Int)
        /// From the layer on that a checkpoint names.
        case last
        /// Up to that layer, every other, beginning with the first.
        case alternateFirst
        /// Those that don't rotate.
        case unrotated

        var isListed: Bool { self != .all }
    }

    enum RotatedLayers {
        case all
        /// All but every `period`-th, if a checkpoint says nothing else.
        case interrupted(period: Int)
        /// Those with a window.
        case local
    }
}
