import Glibc

/// A model on disk, in whichever of the two forms people have.
public enum ModelSource: Sendable {
    /// One file with everything in it.
    case gguf(GGUFFile)
    /// A folder of the form of Hugging Face.
    case checkpoint(Checkpoint)

    /// Opens and validates a model.
    ///
    /// A folder is a checkpoint; so is a safetensors file with a `config.json` beside it. Any other file must be GGUF.
    public static func open(path: String) throws(ModelFileError) -> ModelSource {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .unreadable(path: path, reason: MappedFile.errorText(errno))
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            return .checkpoint(try Checkpoint(directory: trimmed(path)))
        }
        guard path.hasSuffix(".safetensors") else { return .gguf(try GGUFFile(path: path)) }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard CheckpointFolder(path: folder).contains("config.json") else {
            throw .notRecognised(reason: "a safetensors file needs the config.json of its model in the same folder")
        }
        return .checkpoint(try Checkpoint(directory: folder))
    }

    /// The tensors in the order of their files.
    public var tensors: [StoredTensor] {
        switch self {
        case .gguf(let file): file.tensors
        case .checkpoint(let checkpoint): checkpoint.tensors
        }
    }

    /// The tensor of that name, if the model has it.
    public func tensor(_ name: String) -> StoredTensor? {
        switch self {
        case .gguf(let file): file.tensor(name)
        case .checkpoint(let checkpoint): checkpoint.tensor(name)
        }
    }

    /// The file or the folder.
    public var path: String {
        switch self {
        case .gguf(let file): file.path
        case .checkpoint(let checkpoint): checkpoint.path
        }
    }

    /// Bytes of the files that hold the tensors.
    public var fileByteCount: Int {
        switch self {
        case .gguf(let file): file.fileByteCount
        case .checkpoint(let checkpoint): checkpoint.fileByteCount
        }
    }

    /// Starts to read the tensors in the background; returns at once.
    public func prefetch() {
        switch self {
        case .gguf(let file): file.prefetch()
        case .checkpoint(let checkpoint): checkpoint.prefetch()
        }
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
