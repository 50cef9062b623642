/// What sets one family of decoders apart from another and isn't in the file.
///
/// What is in the file, as a number or as a tensor that exists or doesn't, isn't repeated here.
struct DecoderTraits {
    var ropeLayout = RopeSpec.Layout.halves
    var activation = FeedForwardSpec.Activation.silu
    /// Whether the feed-forward has a gate.
    var isGated = true
    var normKind = NormSpec.Kind.rootMeanSquare
    var normPlacement = NormPlacement.before
    /// Whether embeddings are multiplied with the square root of their length.
    var scalesEmbedding = false
    /// Which layers have the file's attention window; nil means all.
    var localLayers: LocalLayers?

    /// Every `period`-th layer sees the whole context, the others only the window.
    struct LocalLayers {
        var period: Int
        /// The base of the rotation in layers with the window. It isn't scaled when the others' is.
        var ropeBase: Float

        func contains(_ layer: Int) -> Bool { (layer + 1) % period != 0 }
    }
}
