/// A GGUF model file, mapped into memory and checked.
///
/// When `init` returns, every field of the header has been validated and every tensor's bytes lie inside the file,
/// aligned and apart from each other. What the *numbers* mean (a head count, a shape that suits the architecture)
/// is checked by whoever uses them.
///
/// The file must not be shortened or written to while it is open; see the notes on replacing files in the
/// documentation of the model store.
public final class GGUFFile: Sendable {
    /// Where the file was opened, or a name for bytes that came from memory.
    public let path: String
    public let fileByteCount: Int
    /// Version of the format, 2 or 3.
    public let version: Int
    /// Tensors' offsets are multiples of this many bytes.
    public let alignment: Int
    public let metadata: GGUFMetadata
    /// The tensors in the order of the file's table.
    public let tensors: [StoredTensor]
    private let indices: [String: Int]
    private let file: MappedFile

    /// Opens and validates a file.
    ///
    /// Reads the header only; the tensors' bytes come into memory when they are touched.
    public convenience init(path: String) throws(ModelFileError) {
        try self.init(path: path, file: try MappedFile(path: path))
    }

    /// Validates a file image that is already in memory, such as one that a test has built.
    public convenience init(bytes: [UInt8], name: String = "memory") throws(ModelFileError) {
        try self.init(path: name, file: try MappedFile(copying: bytes))
    }

    private init(path: String, file: MappedFile) throws(ModelFileError) {
        let contents = try GGUFParser.parse(file)
        self.path = path
        self.file = file
        fileByteCount = file.byteCount
        version = contents.version
        alignment = contents.alignment
        metadata = contents.metadata
        tensors = contents.tensors
        indices = Dictionary(uniqueKeysWithValues: zip(contents.tensors.map(\.name), contents.tensors.indices))
    }

    /// The tensor of that name, if the file has it.
    public func tensor(_ name: String) -> StoredTensor? {
        indices[name].map { tensors[$0] }
    }

    /// Starts to read the whole file in the background; returns at once.
    ///
    /// Worth it before a load that touches every tensor: the disk works while the header is being interpreted.
    public func prefetch() {
        file.advise(.willNeed, 0..<fileByteCount)
    }
}
