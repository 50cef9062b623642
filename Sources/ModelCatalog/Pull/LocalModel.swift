import Glibc
import ModelFiles

/// Puts a model that is on disk already into the store by a link: the file stays where it is, and stays the user's.
struct LocalModel {
    var path: String

    /// Checks that the model can be opened and links it into the staging folder's content.
    func link(into staging: borrowing Staging) throws(ModelCatalogError) -> Manifest {
        let source = try Self.absolute(path)
        let format = try Self.format(of: source)
        let name = format == .gguf ? "model.gguf" : "model"
        guard symlink(source, staging.content + "/" + name) == 0 else { throw .system(source) }
        return Manifest(linkingTo: source, format: format, link: name)
    }

    /// The path that the manifest names as the source.
    static func absolute(_ path: String) throws(ModelCatalogError) -> String {
        guard let resolved = realpath(path, nil) else { throw .system(path) }
        defer { free(resolved) }
        guard let text = String(validatingCString: resolved), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .invalidReference(path, reason: "the path has characters that can't be written down")
        }
        return text
    }

    /// Finds out what kind of model lies at a path, opening a GGUF file to be sure.
    static func format(of path: String) throws(ModelCatalogError) -> ModelFormat {
        guard let item = FileTree.status(path) else { throw .system(path) }
        if item.isDirectory {
            let names = FileTree.names(in: path)
            guard names.contains("config.json"), names.contains(where: { $0.hasSuffix(".safetensors") }) else {
                throw .unusable(path: path, reason: "the folder has no config.json with .safetensors files beside it")
            }
            return .huggingFace
        }
        try requireGGUF(path)
        return .gguf
    }

    static func requireGGUF(_ path: String) throws(ModelCatalogError) {
        do {
            _ = try GGUFFile(path: path)
        } catch {
            throw .unusable(path: path, reason: error.description)
        }
    }
}
