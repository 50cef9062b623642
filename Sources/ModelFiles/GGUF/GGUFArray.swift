/// An array of metadata values of one type, decoded only when asked for.
///
/// Token lists have up to a quarter of a million strings. They stay in the mapped file as bytes until
/// ``strings()`` is called, so opening a file costs a walk over the lengths and nothing more.
public struct GGUFArray: Sendable {
    public let elementType: GGUFValueType
    public let count: Int
    private let storage: Storage

    private enum Storage: Sendable {
        case mapped(MappedFile, Range<Int>)
        case encoded([UInt8])
    }

    /// - Parameter range: the elements' bytes in `file`, already checked by the parser.
    init(elementType: GGUFValueType, count: Int, file: MappedFile, range: Range<Int>) {
        self.elementType = elementType
        self.count = count
        storage = .mapped(file, range)
    }

    /// An array for a file that is to be written. All values must be of the type `elementType`, and no arrays.
    public init(elementType: GGUFValueType, _ values: [GGUFValue]) {
        precondition(elementType != .array && values.allSatisfy { $0.type == elementType })
        self.elementType = elementType
        count = values.count
        var bytes: [UInt8] = []
        for value in values {
            value.encode(into: &bytes)
        }
        storage = .encoded(bytes)
    }

    public init(_ strings: [String]) { self.init(elementType: .string, strings.map { .string($0) }) }
    public init(_ floats: [Float]) { self.init(elementType: .float32, floats.map { .float32($0) }) }
    public init(_ integers: [Int32]) { self.init(elementType: .int32, integers.map { .int32($0) }) }
    public init(_ integers: [UInt32]) { self.init(elementType: .uint32, integers.map { .uint32($0) }) }
    public init(_ bools: [Bool]) { self.init(elementType: .bool, bools.map { .bool($0) }) }

    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch storage {
        case .mapped(let file, let range):
            // SAFETY: the parser took `range` from the bytes of `file`, and `file` is alive until after `body`.
            defer { withExtendedLifetime(file) {} }
            return try body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
        case .encoded(let bytes):
            return try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) in
                try body(UnsafeRawBufferPointer(buffer))
            }
        }
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.appendLittleEndian(elementType.rawValue)
        bytes.appendLittleEndian(UInt64(count))
        withBytes { bytes.append(contentsOf: $0) }
    }
}
