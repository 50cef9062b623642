/// One line of `needletail list`.
public struct ModelListing: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        /// In the catalogue, to be had by `needletail pull`.
        case notPulled
        case ready(path: String)
        case damaged(reason: String)
    }

    public var name: String
    /// One sentence from the catalogue; empty for other models.
    public var summary: String
    public var format: ModelFormat
    public var byteCount: Int
    /// The license of the weights, where it is known.
    public var license: String?
    /// Where the model comes from: packages, an `hf:` reference, or a path.
    public var source: String
    public var state: State
}

extension ModelStore {
    /// The catalogue's models, pulled or not, and then the other ones in the store by name.
    public func list() -> [ModelListing] {
        let installed = installedNames()
        let known = catalogue.entries.map { entry in
            installed.first { $0.description == entry.name }.flatMap(listing)
                ?? ModelListing(
                    name: entry.name, summary: entry.summary, format: entry.format, byteCount: entry.byteCount,
                    license: entry.license, source: entry.source, state: .notPulled)
        }
        return known + installed.filter { catalogue.entry($0.description) == nil }.compactMap(listing)
    }

    private func listing(_ name: ModelName) -> ModelListing? {
        let folder = folder(of: name)
        guard let manifest = Manifest(folder: folder), let location = location(of: name, manifest: manifest) else {
            return ModelListing(
                name: name.description, summary: "", format: .gguf, byteCount: 0, license: nil, source: "unknown",
                state: .damaged(reason: "its manifest can't be read"))
        }
        let state: ModelListing.State =
            manifest.defect(folder: folder).map { .damaged(reason: $0) } ?? .ready(path: location.path)
        return ModelListing(
            name: name.description, summary: catalogue.entry(name.description)?.summary ?? "",
            format: manifest.format, byteCount: byteCount(manifest, location), license: manifest.license,
            source: manifest.source, state: state)
    }

    private func byteCount(_ manifest: Manifest, _ location: ModelLocation) -> Int {
        guard manifest.link != nil else { return manifest.files.reduce(0) { $0 + $1.byteCount } }
        switch manifest.format {
        case .gguf: return FileTree.status(location.path)?.byteCount ?? 0
        case .huggingFace: return FileTree.byteCount(under: location.path + "/")
        }
    }
}
