/// Reads the header, the metadata and the tensor table of a GGUF file, versions 2 and 3, little-endian.
///
/// The file is not trusted. Every count, length, offset and size is compared with the bytes that are really there
/// before it is used, with arithmetic that reports overflow, and nothing is allocated by a declared count. Layout:
///
///     magic "GGUF" | u32 version | u64 tensor count | u64 metadata count
///     metadata:     string key | u32 type | value                     (repeated)
///     tensor table: string name | u32 n | u64 shape[n] | u32 type | u64 offset   (repeated)
///     padding to a multiple of general.alignment
///     data section: each tensor at its offset, counted from here
///
/// Source: the GGUF specification (`docs/gguf.md` in the ggml repository).
struct GGUFParser {
    let file: MappedFile
    var cursor: ByteCursor

    init(_ file: MappedFile) {
        self.file = file
        // SAFETY: the parser holds `file`, so its bytes outlive the cursor.
        cursor = ByteCursor(file.bytes)
    }

    /// What a whole file holds.
    struct Contents {
        var version: Int
        var alignment: Int
        var metadata: GGUFMetadata
        var tensors: [StoredTensor]
    }

    static func parse(_ file: MappedFile) throws(ModelFileError) -> Contents {
        var parser = GGUFParser(file)
        let version = try parser.version()
        let tensorCount = try parser.count(
            "tensor count", limit: GGUFLimits.tensorCount, leastBytesEach: 8 + 1 + 4 + 8 + 4 + 8)
        let metadataCount = try parser.count(
            "metadata count", limit: GGUFLimits.metadataCount, leastBytesEach: 8 + 1 + 4 + 1)
        let metadata = try parser.metadata(count: metadataCount)
        let alignment = try alignment(metadata)
        let tensors = try parser.tensors(count: tensorCount, alignment: alignment)
        return Contents(version: version, alignment: alignment, metadata: metadata, tensors: tensors)
    }

    private mutating func version() throws(ModelFileError) -> Int {
        let magic = Array(file.bytes.prefix(4))
        guard magic == Array("GGUF".utf8) else {
            throw .notRecognised(reason: Self.describe(magic: magic))
        }
        _ = try cursor.integer(UInt32.self, "magic")
        let version = try cursor.integer(UInt32.self, "version")
        switch version {
        case 2, 3:
            return Int(version)
        case 1:
            throw .unsupported(reason: "GGUF version 1 isn't supported (2 and 3 are): convert the model again")
        case _ where version != 0 && version & 0xFFFF == 0:
            throw .unsupported(reason: "the file is big-endian GGUF, and only little-endian files are supported")
        default:
            throw .unsupported(reason: "GGUF version \(version) isn't supported (2 and 3 are)")
        }
    }

    private static func describe(magic: [UInt8]) -> String {
        let explanation =
            switch String(decoding: magic, as: UTF8.self) {
            case "ggml", "lmgg", "ggjt", "tjgg", "ggmf", "fmgg", "ggla", "algg":
                "it has the magic of a format older than GGUF: convert the model again"
            case "vers": "it looks like a Git LFS pointer: fetch the real file"
            case "<htm", "<!do", "<!DO": "it looks like a web page, so the download went wrong"
            default: "its first bytes are \(hexadecimal(magic)), not \"GGUF\""
            }
        return "not a GGUF file: " + explanation
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined(separator: " ")
    }

    /// A declared number of things, refused when the rest of the file can't hold so many.
    mutating func count(_ field: String, limit: Int, leastBytesEach: Int) throws(ModelFileError) -> Int {
        let declared = try cursor.integer(UInt64.self, field)
        guard declared <= UInt64(cursor.remaining / leastBytesEach) else {
            throw .malformed(
                field: field, reason: "\(declared) can't fit in the \(cursor.remaining) bytes that follow")
        }
        guard declared <= UInt64(limit) else {
            throw .malformed(field: field, reason: "\(declared) is over the limit of \(limit)")
        }
        return Int(declared)
    }

    private static func alignment(_ metadata: GGUFMetadata) throws(ModelFileError) -> Int {
        let key = "general.alignment"
        guard let value = metadata[key] else { return 32 }  // The format's default.
        guard case .uint32(let alignment) = value else {
            throw .wrongType(key: key, expected: "a u32", found: value.typeDescription)
        }
        guard alignment != 0, alignment & (alignment - 1) == 0 else {
            throw .invalidValue(key: key, reason: "\(alignment) isn't a power of two")
        }
        return Int(alignment)
    }
}
