/// How a family's checkpoints become GGUF files: what ``GGUFKeys`` and ``GGUFTensors`` can't see in a ``ModelSpec``.
struct GGUFFormTraits: Sendable {
    /// The value of `general.architecture`.
    var architecture: String
    /// Keys that only some architectures have.
    var keys: Set<Key> = []
    /// Whether rows of queries and keys change places, so that the pairs which are rotated become neighbours.
    var reordersRows = false
    /// What the parts are called: the first reading of each. It may hang on which parts a model has.
    var naming: @Sendable (ModelSpec) -> TensorNaming

    enum Key: Sendable {
        /// `embedding_scale`, `residual_scale` and `attention.scale`
        case scales
        /// `logit_scale`, with which logits are multiplied.
        case logitScale
        /// `logit_scale`, by which logits are divided.
        case logitDivisor
        /// `use_parallel_residual`
        case parallelResidual
        /// `hidden_activation`
        case activation
    }
}

extension Family {
    /// The same, with checkpoints that can be written as GGUF files.
    ///
    /// - Parameter naming: What GGUF files call the parts, the first reading of each.
    func written(
        as architecture: String, reordersRows: Bool = false, keys: Set<GGUFFormTraits.Key> = [],
        naming: TensorNaming = .gguf
    ) -> Family {
        written(as: architecture, reordersRows: reordersRows, keys: keys) { _ in naming }
    }

    /// The same for names that hang on which parts a model has.
    func written(
        as architecture: String, reordersRows: Bool = false, keys: Set<GGUFFormTraits.Key> = [],
        naming: @escaping @Sendable (ModelSpec) -> TensorNaming
    ) -> Family {
        var family = self
        family.ggufForm = GGUFFormTraits(
            architecture: architecture, keys: keys, reordersRows: reordersRows, naming: naming)
        return family
    }
}
