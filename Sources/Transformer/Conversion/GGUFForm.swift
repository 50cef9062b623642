public import ModelFiles

/// A checkpoint in the form of a GGUF file: its hyperparameters under the keys of its family, and its tensors under
/// the names of their parts.
///
/// The keys are written from the ``ModelSpec``, not from `config.json`, and what has been written is read again by
/// ``check(_:)``: a variation that GGUF's keys can't say is refused, not lost.
public struct GGUFForm: Sendable {
    /// The value of `general.architecture`.
    public let architecture: String
    /// The keys of the architecture, in the order in which they are written.
    public let metadata: [(key: String, value: GGUFValue)]
    public let tensors: [Tensor]
    public var vocabularySize: Int { spec.vocabularySize }
    /// Positions that the model was made for.
    public var contextLength: Int { spec.contextLength }
    /// Outputs of a classifier; nil for other models.
    public var labelCount: Int? {
        if case .labels(let count, _)? = spec.head?.output { count } else { nil }
    }
    private let spec: ModelSpec

    /// A tensor that is made when it is written.
    public struct Tensor: Sendable {
        public let name: String
        public let type: TensorType
        /// Innermost first.
        public let shape: [Int]
        public let bytes: @Sendable () throws -> [UInt8]
    }

    /// - Throws: ``ModelLoadError`` for a family that GGUF doesn't know, and for a part or a setting that it has no
    ///   form for.
    public init(_ checkpoint: Checkpoint) throws(ModelLoadError) {
        let source = ModelSource.checkpoint(checkpoint)
        let (family, name) = try Architectures.family(of: source)
        guard let traits = family.ggufForm else {
            throw .unsupported(
                key: "model_type", reason: "GGUF has no form for \(name) models; they run from their folder only")
        }
        let (spec, map) = try Architectures.model(in: source)
        let model = try Hyperparameters(architecture: name, tensors: map, family: family)
        architecture = traits.architecture
        self.spec = spec
        let keys = try GGUFKeys(traits, spec, model)
        metadata = keys.entries
        var tensors = GGUFTensors(map: map, spec: spec, traits: traits)
        self.tensors = try tensors.all(isYarn: keys.isYarn)
    }

    /// Makes sure that a file written from this says the same as the checkpoint.
    ///
    /// - Throws: ``ModelLoadError/unsupported(key:reason:)`` that names what it would say otherwise.
    public func check(_ file: GGUFFile) throws(ModelLoadError) {
        let differences = spec.differences(from: try Architectures.spec(of: file))
        guard differences.isEmpty else {
            throw .unsupported(
                key: "model_type",
                reason: "GGUF files of the architecture \(architecture) have no way to say this folder's "
                    + differences.joined(separator: ", "))
        }
    }
}
