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
    private let spec: ModelSpec

    /// A tensor that is made when it is written.
    public struct Tensor: Sendable {
        public let name: String
        public let type: TensorType
        /// Innermost first.
        public let shape: [Int]
        public let bytes: @Sendable () throws -> [UInt8]
    }

    /// - Throws: ``ModelLoadError`` for a family that GGUF doesn't know, or whose tensors have another form there.
    public init(_ checkpoint: Checkpoint) throws(ModelLoadError) {
        let family = try Architectures.family(of: .checkpoint(checkpoint)).family
        guard let name = family.ggufForm?.architecture else {
            throw .unsupported(
                key: "model_type",
                reason: "\(family.modelTypes[0]) can't be written as GGUF by this version, only run from its folder")
        }
        let (spec, map) = try Architectures.model(in: .checkpoint(checkpoint))
        architecture = name
        self.spec = spec
        metadata = GGUFKeys(architecture: name, spec).entries
        var tensors = GGUFTensors(map: map, spec: spec, reordersRotatedRows: family.ggufForm?.reordersRows ?? false)
        self.tensors = try tensors.all()
    }

    /// Makes sure that a file written from this says the same as the checkpoint.
    public func check(_ file: GGUFFile) throws(ModelLoadError) {
        let found = try Architectures.spec(of: file)
        guard Self.comparable(found) == Self.comparable(spec) else {
            throw .unsupported(
                key: "model_type",
                reason:
                    "a GGUF file of the architecture \(architecture) can't say all that this folder's config.json does")
        }
    }

    /// The spec without what differs between the two forms of one model.
    private static func comparable(_ spec: ModelSpec) -> ModelSpec {
        var spec = spec
        spec.architecture = ""
        for index in spec.layers.indices {
            guard case .attention(var attention) = spec.layers[index].mixer else { continue }
            if case .rope(var rope) = attention.position {
                // Rows have been put in the order that the layout needs.
                rope.layout = .halves
                attention.position = .rope(rope)
            }
            spec.layers[index].mixer = .attention(attention)
        }
        return spec
    }
}

/// How a family's checkpoints become GGUF files.
struct GGUFFormTraits {
    /// The value of `general.architecture`.
    var architecture: String
    /// Whether rows of queries and keys change places, so that the pairs which are rotated become neighbours.
    var reordersRows = false
}
