import Glibc

/// A folder of a pull in progress, inside the store and so on its filesystem, gone when the pull is over.
///
///     ROOT/.partial/NAME.PID/content/   becomes ROOT/NAME by one rename, when all of it is there
///     ROOT/.partial/NAME.PID/...        whatever else the pull needs meanwhile
struct Staging: ~Copyable {
    let folder: String
    private let root: String

    /// What will be the model's folder.
    var content: String { folder + "/content" }

    static func partialFolder(of root: String) -> String { root + "/.partial" }

    init(root: String, name: ModelName) throws(ModelCatalogError) {
        self.root = root
        folder = "\(Self.partialFolder(of: root))/\(name).\(getpid())"
        try FileTree.createDirectory(folder + "/content")
    }

    deinit {
        // What can't be removed now is removed at the start of the next pull, which does report it.
        try? FileTree.remove(folder)
    }

    /// Removes what interrupted pulls have left, except a download that can be continued.
    static func removeLeftovers(root: String, except kept: String?) throws(ModelCatalogError) {
        let partial = partialFolder(of: root)
        for name in FileTree.names(in: partial) where name != kept {
            try FileTree.remove(partial + "/" + name)
        }
    }

    /// Writes the manifest and gives the content its place in the store, instead of what was there before.
    func commit(_ manifest: Manifest, as name: ModelName) throws(ModelCatalogError) {
        try FileTree.write(manifest.text, to: content + "/" + Manifest.fileName)
        for folder in Set(manifest.files.map { Self.parent(of: $0.path) } + [""]) {
            try FileTree.synchronizeDirectory(content + "/" + folder)
        }
        let destination = "\(root)/\(name)"
        if FileTree.status(destination) != nil {
            try FileTree.rename(destination, to: folder + "/replaced")
        }
        try FileTree.rename(content, to: destination)
        try FileTree.synchronizeDirectory(root)
    }

    /// The folder part of a relative path; empty when it has none.
    static func parent(of path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }
}
