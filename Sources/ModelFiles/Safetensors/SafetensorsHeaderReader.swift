import JSON

/// Reads the header of a safetensors file from front to back.
///
/// The header is JSON, but of one shape only, and it may be a hundred megabytes long. A general parser would build a
/// tree many times that size for a hostile file before anybody could look at it; this reader keeps nothing but the
/// entry at hand, has no recursion, and refuses what the format doesn't allow where it stands:
///
///     {"__metadata__": {string: string, ...}, name: {"dtype": string, "shape": [n, ...], "data_offsets": [n, n]}, ...}
///
/// Source: the format's description in the safetensors repository.
struct SafetensorsHeaderReader {
    /// What the header says about one tensor, before any of it is believed.
    struct Entry {
        var name: String
        var type: TensorType
        /// As written: the row length is last.
        var shape: [Int]
        var start: Int
        var end: Int
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// - Parameter header: must stay valid while the reader is in use.
    init(_ header: UnsafeRawBufferPointer) { bytes = header }

    mutating func entries() throws(ModelFileError) -> [Entry] {
        guard bytes.first == UInt8(ascii: "{") else { throw failure("must begin with '{'") }
        var entries: [Entry] = []
        var names: Set<String> = []
        try members { (reader, name) throws(ModelFileError) in
            guard names.insert(name).inserted else { throw reader.failure("\(quoted(name)) appears twice") }
            if name == "__metadata__" {
                try reader.metadata()
            } else {
                guard entries.count < SafetensorsLimits.tensorCount else {
                    throw reader.failure("has more than \(SafetensorsLimits.tensorCount) tensors")
                }
                entries.append(try reader.entry(name))
            }
        }
        skipSpace()
        guard position == bytes.count else { throw failure("something follows the last '}'") }
        return entries
    }

    // MARK: The parts of the header

    private mutating func entry(_ name: String) throws(ModelFileError) -> Entry {
        var type: TensorType?
        var shape: [Int]?
        var offsets: [Int]?
        try members { (reader, member) throws(ModelFileError) in
            switch (member, type, shape, offsets) {
            case ("dtype", nil, _, _): type = try reader.type(of: name)
            case ("shape", _, nil, _): shape = try reader.numbers()
            case ("data_offsets", _, _, nil): offsets = try reader.numbers()
            case ("dtype", _, _, _), ("shape", _, _, _), ("data_offsets", _, _, _):
                throw reader.failure("\(quoted(member)) of tensor \(quoted(name)) appears twice")
            default: try reader.skipUnknown(member)
            }
        }
        guard let type else { throw failure("tensor \(quoted(name)) has no 'dtype'") }
        guard let shape else { throw failure("tensor \(quoted(name)) has no 'shape'") }
        guard let offsets, offsets.count == 2 else {
            throw failure("tensor \(quoted(name)) has no two 'data_offsets'")
        }
        return Entry(name: name, type: type, shape: shape, start: offsets[0], end: offsets[1])
    }

    private mutating func type(of name: String) throws(ModelFileError) -> TensorType {
        let spelling = try string()
        guard let type = TensorType(safetensorsName: spelling) else {
            throw .unsupported(reason: "tensor \(quoted(name)): the type \(quoted(spelling)) isn't known")
        }
        return type
    }

    /// Free text about the file, which is checked and not kept.
    private mutating func metadata() throws(ModelFileError) {
        var names: Set<String> = []
        try members { (reader, name) throws(ModelFileError) in
            guard names.insert(name).inserted else {
                throw reader.failure("\(quoted(name)) of '__metadata__' appears twice")
            }
            _ = try reader.string()
        }
    }

    // MARK: JSON

    /// Calls `member` with each name of an object, standing before the value.
    private mutating func members(
        _ member: (inout SafetensorsHeaderReader, String) throws(ModelFileError) -> Void
    ) throws(ModelFileError) {
        try expect("{")
        if take("}") { return }
        repeat {
            let name = try string()
            try expect(":")
            try member(&self, name)
        } while take(",")
        try expect("}")
    }

    private mutating func numbers() throws(ModelFileError) -> [Int] {
        try expect("[")
        var numbers: [Int] = []
        if take("]") { return numbers }
        repeat {
            guard numbers.count < SafetensorsLimits.dimensionCount else {
                throw failure("a list has more than \(SafetensorsLimits.dimensionCount) numbers")
            }
            numbers.append(try number())
        } while take(",")
        try expect("]")
        return numbers
    }

    private mutating func number() throws(ModelFileError) -> Int {
        skipSpace()
        let first = position
        var value = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(Int(digit))
            guard !tooLarge, !overflow else { throw failure("a number is too large") }
            value = sum
            position += 1
        }
        guard position > first, position == first + 1 || bytes[first] != UInt8(ascii: "0") else {
            throw failure("a whole number that isn't negative was expected")
        }
        return value
    }

    private mutating func string() throws(ModelFileError) -> String {
        skipSpace()
        let first = position
        try skipString()
        // The general parser knows escapes, surrogates and UTF-8.
        guard
            let value = try? JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[first..<position])),
            case .string(let text) = value
        else {
            throw failure("the string at byte \(first) isn't valid JSON")
        }
        return text
    }

    private mutating func skipString() throws(ModelFileError) {
        try expect("\"")
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else {
            position = bytes.count
            throw failure("a string has no end")
        }
        position += 1
    }

    /// Steps over a value of any kind: other writers may add members to a tensor's entry.
    private mutating func skipUnknown(_ member: String) throws(ModelFileError) {
        skipSpace()
        let first = position
        var depth = 0
        scan: while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                try skipString()
                continue scan
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { break scan }
                depth -= 1
            case UInt8(ascii: ",") where depth == 0: break scan
            default: break
            }
            position += 1
        }
        let range = first..<position
        guard
            range.count <= SafetensorsLimits.unknownMemberByteCount,
            (try? JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[range]))) != nil
        else {
            throw failure("the value of \(quoted(member)) isn't valid JSON, or too long")
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(ModelFileError) {
        guard take(character) else { throw failure("'\(character)' was expected") }
    }

    private func failure(_ reason: String) -> ModelFileError {
        .malformed(field: "header", reason: "\(reason) (byte \(position) of \(bytes.count))")
    }
}

extension TensorType {
    /// The type that a safetensors header calls by this name; quantised types of GGUF have none.
    init?(safetensorsName name: String) {
        guard
            let type = Self.allCases.first(where: { $0.description == name }),
            [.f32, .f16, .bf16].contains(type) || !type.isWeight
        else { return nil }
        self = type
    }
}
