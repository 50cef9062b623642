extension ModelStore {
    /// Finds the model that `--model NAME|PATH` means.
    ///
    /// A plain name is looked up in the store. Anything with a slash, or ending in `.gguf` or `.safetensors`, is a path;
    /// so is a name that the store doesn't have but the current folder does.
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
        if nameOrPath.contains("/") || nameOrPath.hasSuffix(".gguf") || nameOrPath.hasSuffix(".safetensors")
            || FileTree.status(nameOrPath) != nil
        {
            return try resolve(path: nameOrPath)
        }
        guard catalogue.entry(nameOrPath) == nil else { throw .notPulled(nameOrPath) }
        throw .unknownModel(
            nameOrPath, installed: installedNames().map(\.description), pullable: catalogue.entries.map(\.name))
    }

    private func resolve(path: String) throws(ModelCatalogError) -> ModelLocation {
        guard let item = FileTree.status(path) else { throw .system(path) }
        if item.isDirectory { return try location(ofFolder: path) }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let last = parts.last.map(String.init) ?? path
        if last.hasSuffix(".safetensors") {
            // Its name says nothing, and its settings are beside it.
            let folder = parts.dropLast().joined(separator: "/")
            return try location(ofFolder: parts.count == 1 ? "." : folder.isEmpty ? "/" : folder)
        }
        return ModelLocation(name: ModelReference.stem(last), path: path, format: .gguf)
    }

    /// A folder is called what it is called on disk, even when it was given as `.` or `..`.
    private func location(ofFolder path: String) throws(ModelCatalogError) -> ModelLocation {
        let format = try LocalModel.format(of: path)
        let isRelative = path.split(separator: "/").last.map { $0 == "." || $0 == ".." } ?? true
        let name = isRelative ? try LocalModel.absolute(path) : path
        return ModelLocation(name: name.split(separator: "/").last.map(String.init) ?? name, path: path, format: format)
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
