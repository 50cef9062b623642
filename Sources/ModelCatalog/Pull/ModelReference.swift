/// What a pull can be asked for.
enum ModelReference {
    case catalogue(CatalogueEntry)
    case hub(HubFile)
    case local(path: String)

    /// A catalogue name, else `hf:...`, else the path of something that exists or at least looks like a path.
    init(_ text: String, in store: ModelStore) throws(ModelCatalogError) {
        if let entry = store.catalogue.entry(text) {
            self = .catalogue(entry)
        } else if text.hasPrefix(HubFile.prefix) {
            self = .hub(try HubFile(text))
        } else if text.contains("/") || text.hasSuffix(".gguf") || FileTree.status(text) != nil {
            self = .local(path: text)
        } else {
            throw .unknownModel(text, installed: [], pullable: store.catalogue.entries.map(\.name))
        }
    }

    /// The name that the model gets in the store when nobody chooses another.
    var standardName: String {
        switch self {
        case .catalogue(let entry): entry.name
        case .hub(let file): Self.stem(file.fileName)
        case .local(let path): Self.stem(path.split(separator: "/").last.map(String.init) ?? path)
        }
    }

    static func stem(_ fileName: String) -> String {
        fileName.hasSuffix(".gguf") ? String(fileName.dropLast(".gguf".count)) : fileName
    }
}
