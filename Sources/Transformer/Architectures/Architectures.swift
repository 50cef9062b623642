public import ModelFiles

/// The model families that run, by the value of `general.architecture`.
///
/// An entry fills a ``ModelSpec`` from metadata and from which tensors exist. Nothing else in the project compares an
/// architecture's name.
public enum Architectures {
    typealias Entry = @Sendable (Hyperparameters) throws(ModelLoadError) -> ModelSpec

    private static let entries: [String: Entry] = [
        "gemma3": { (file) throws(ModelLoadError) in
            try decoder(
                file,
                DecoderTraits(
                    activation: .geluTanh, normPlacement: .around, scalesEmbedding: true,
                    localLayers: .init(period: 6, ropeBase: 10_000)))
        },
        "llama": { (file) throws(ModelLoadError) in try decoder(file, DecoderTraits(ropeLayout: .adjacent)) },
        "qwen2": { (file) throws(ModelLoadError) in try decoder(file, DecoderTraits()) },
        "qwen3": { (file) throws(ModelLoadError) in try decoder(file, DecoderTraits()) },
        "starcoder2": { (file) throws(ModelLoadError) in
            try decoder(
                file, DecoderTraits(activation: .geluTanh, isGated: false, normKind: .layer(hasBias: true)))
        },
    ]

    /// The names of all families, sorted.
    public static var names: [String] { entries.keys.sorted() }

    /// The spec of the model in a file.
    ///
    /// Every hyperparameter is checked; tensors are looked at for their presence and the shape of the embedding only.
    public static func spec(of file: GGUFFile) throws(ModelLoadError) -> ModelSpec {
        let name: String
        do { name = try file.metadata.string("general.architecture") } catch { throw .file(error) }
        guard let entry = entries[name] else { throw .unknownArchitecture(name, known: names) }
        return try entry(Hyperparameters(file: file, architecture: name))
    }
}
