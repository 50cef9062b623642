/// The metadata of a GGUF file: keys in file order, values decoded when asked for.
public struct GGUFMetadata: Sendable {
    struct Entry: Sendable {
        enum Value: Sendable {
            /// A scalar or string whose checked bytes are at this place in the file.
            case scalar(GGUFValueType, Range<Int>)
            case array(GGUFArray)
        }

        let key: String
        let value: Value
    }

    private let file: MappedFile
    private let entries: [Entry]
    private let indices: [String: Int]

    init(file: MappedFile, entries: [Entry], indices: [String: Int]) {
        self.file = file
        self.entries = entries
        self.indices = indices
    }

    /// All keys in the order of the file.
    public var keys: [String] { entries.map(\.key) }

    public var count: Int { entries.count }

    public func contains(_ key: String) -> Bool { indices[key] != nil }

    /// The value under a key, whatever its type; nil when there is no such key.
    public subscript(key: String) -> GGUFValue? {
        guard let index = indices[key] else { return nil }
        switch entries[index].value {
        case .array(let array):
            return .array(array)
        case .scalar(let type, let range):
            // SAFETY: the parser took `range` from these bytes, and `file` outlives the call.
            return withExtendedLifetime(file) {
                GGUFValue.decoding(type, UnsafeRawBufferPointer(rebasing: file.bytes[range]))
            }
        }
    }
}
