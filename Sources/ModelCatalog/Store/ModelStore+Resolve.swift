extension ModelStore {
    /// Finds the model that `--model NAME|PATH` means.
    ///
    /// A plain name is looked up in the store. Anything with a slash, or ending in `.gguf`, is a path; so is a name
    /// that the store doesn't have but the current folder does.
    ///
    /// - Throws: ``ModelCatalogError``; for an unknown name it lists what there is and how to get more.
    public func resolve(_ nameOrPath: String) throws(ModelCatalogError) -> ModelLocation {
        if let name = try? ModelName(nameOrPath), let manifest = Manifest(folder: folder(of: name)) {
            if let defect = manifest.defect(folder: folder(of: name)) {
                throw .damaged(nameOrPath, reason: defect)
            }
            guard let location = location(of: name, manifest: manifest) else {
                throw .damaged(nameOrPath, reason: "it has no file to open")
            }
            return location
        }
        if nameOrPath.contains("/") || nameOrPath.hasSuffix(".gguf") || FileTree.status(nameOrPath) != nil {
            return try resolve(path: nameOrPath)
        }
        guard catalogue.entry(nameOrPath) == nil else { throw .notPulled(nameOrPath) }
        throw .unknownModel(
            nameOrPath, installed: installedNames().map(\.description), pullable: catalogue.entries.map(\.name))
    }

    private func resolve(path: String) throws(ModelCatalogError) -> ModelLocation {
        guard let item = FileTree.status(path) else { throw .system(path) }
        let last = path.split(separator: "/").last.map(String.init) ?? path
        if item.isDirectory {
            return ModelLocation(name: last, path: path, format: try LocalModel.format(of: path))
        }
        return ModelLocation(name: ModelReference.stem(last), path: path, format: .gguf)
    }

    /// Names of the folders with a manifest.
    func installedNames() -> [ModelName] {
        FileTree.names(in: root).compactMap { text in
            guard let name = try? ModelName(text), FileTree.isFile(folder(of: name) + "/" + Manifest.fileName) else {
                return nil
            }
            return name
        }
    }
}
