/// A safetensors file, mapped into memory and checked.
///
/// When `init` returns, the header is of the format's shape without repeated names, each tensor's bytes are as many as
/// its shape and type need, and together they cover the data section exactly, without overlap and without a hole.
/// Nothing is allocated by a declared size. Layout:
///
///     u64 header length | header (JSON, see ``SafetensorsHeaderReader``) | data section
///
/// Errors name the file, because a checkpoint may have dozens. The same rule as for GGUF holds: replace the file by
/// renaming, never write into it.
public final class SafetensorsFile: Sendable {
    /// Where the file was opened, or a name for bytes that came from memory.
    public let path: String
    public let fileByteCount: Int
    /// The tensors in the order of their bytes in the file.
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
        self.path = path
        self.file = file
        fileByteCount = file.byteCount
        do {
            tensors = try SafetensorsParser.parse(file)
        } catch {
            throw error.within(file: path)
        }
        indices = Dictionary(uniqueKeysWithValues: zip(tensors.map(\.name), tensors.indices))
    }

    /// The tensor of that name, if the file has it.
    public func tensor(_ name: String) -> StoredTensor? {
        indices[name].map { tensors[$0] }
    }

    /// Starts to read the whole file in the background; returns at once.
    public func prefetch() {
        file.advise(.willNeed, 0..<fileByteCount)
    }
}

extension ModelFileError {
    /// The same error, naming the file of several in which it came up.
    func within(file path: String) -> ModelFileError {
        let name = quoted(String(path.split(separator: "/").last ?? "/"))
        return switch self {
        case .malformed(let field, let reason): .malformed(field: "\(name): \(field)", reason: reason)
        case .unsupported(let reason): .unsupported(reason: "\(name): \(reason)")
        case .notRecognised(let reason): .notRecognised(reason: "\(name): \(reason)")
        case .unreadable, .missingKey, .wrongType, .invalidValue: self
        }
    }
}
