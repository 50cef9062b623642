import JSON
public import ModelFiles

/// The model families that run.
///
/// Nothing else in the project compares a family's name.
public enum Architectures {
    private static let families = llamas + qwens + gemmas + phis + gpts + alibiFamilies + otherDecoders + berts

    /// The names of all families in GGUF files, sorted.
    public static var names: [String] { Set(families.flatMap(\.ggufNames)).sorted() }

    /// The names of all families in checkpoints, sorted.
    public static var modelTypes: [String] { Set(families.flatMap(\.modelTypes)).sorted() }

    /// The spec of a model.
    ///
    /// Every hyperparameter is checked; tensors are looked at for their presence and the shape of the embedding only.
    public static func spec(of source: ModelSource) throws(ModelLoadError) -> ModelSpec {
        try model(in: source).spec
    }

    /// The spec of the model in a GGUF file.
    public static func spec(of file: GGUFFile) throws(ModelLoadError) -> ModelSpec { try spec(of: .gguf(file)) }

    /// The spec of a model, and where its parts are.
    static func model(in source: ModelSource) throws(ModelLoadError) -> (spec: ModelSpec, tensors: TensorMap) {
        let (family, name) = try family(of: source)
        let tensors: TensorMap
        switch source {
        case .gguf: tensors = TensorMap(source, naming: family.ggufNaming)
        case .checkpoint: tensors = TensorMap(source, naming: family.names)
        }
        let model = try Hyperparameters(architecture: name, tensors: tensors, family: family)
        var spec = try family.spec(model)
        spec.pooling = try model.pooling()
        return (spec, tensors)
    }

    /// A model's family, and the name that the source has for it.
    static func family(of source: ModelSource) throws(ModelLoadError) -> (family: Family, name: String) {
        let name: String
        switch source {
        case .gguf(let file):
            do { name = try file.metadata.string("general.architecture") } catch { throw .file(error) }
            guard let family = families.first(where: { $0.ggufNames.contains(name) }) else {
                throw .unknownArchitecture(key: "general.architecture", name, known: names)
            }
            return (family, name)
        case .checkpoint(let checkpoint):
            guard let type = checkpoint.configuration["model_type"]?.stringValue else {
                throw .file(.missingKey("model_type"))
            }
            name = type
            guard let family = families.first(where: { $0.modelTypes.contains(name) }) else {
                throw .unknownArchitecture(key: "model_type", name, known: modelTypes)
            }
            return (family, name)
        }
    }
}
