/// The folder where pulled models live.
///
///     ROOT/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf    and .manifest, see ``Manifest``
///     ROOT/all-minilm-l6-v2/config.json, model.safetensors, ...     and .manifest
///     ROOT/my-model/model.gguf -> /data/my-model.gguf               a link, from `pull /data/my-model.gguf`
///     ROOT/.partial/                                                pulls in progress, never looked at
///     ROOT/.lock                                                    held while something is pulled
///
/// A model's folder appears by one rename when everything in it has been checked and written to the disk, so whoever
/// sees the folder sees a whole model. A pulled model is replaced the same way: servers that have the old file mapped
/// keep it.
public struct ModelStore: Sendable {
    public let root: String
    public let catalogue: Catalogue

    public init(root: String, catalogue: Catalogue = .standard) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        self.catalogue = catalogue
    }

    /// The store that the environment names: `NEEDLETAIL_MODELS`, else `needletail/models` below `XDG_CACHE_HOME`,
    /// else below `~/.cache`.
    public init(
        environment: [String: String], catalogue: Catalogue = .standard
    ) throws(ModelCatalogError) {
        if let root = environment["NEEDLETAIL_MODELS"], !root.isEmpty {
            self.init(root: root, catalogue: catalogue)
        } else if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {  // Others are to be ignored.
            self.init(root: cache + "/needletail/models", catalogue: catalogue)
        } else if let home = environment["HOME"], !home.isEmpty {
            self.init(root: home + "/.cache/needletail/models", catalogue: catalogue)
        } else {
            throw .fileSystem(
                path: "the model store", reason: "neither NEEDLETAIL_MODELS nor XDG_CACHE_HOME nor HOME is set")
        }
    }

    func folder(of name: ModelName) -> String { "\(root)/\(name)" }

    /// Where a model with this manifest is; nil when the manifest has nothing to open.
    func location(of name: ModelName, manifest: Manifest) -> ModelLocation? {
        guard let entry = manifest.entryPath else { return nil }
        let folder = folder(of: name)
        return ModelLocation(
            name: name.description, path: entry.isEmpty ? folder : folder + "/" + entry, format: manifest.format)
    }
}
