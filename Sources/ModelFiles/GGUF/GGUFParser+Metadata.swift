extension GGUFParser {
    mutating func metadata(count: Int) throws(ModelFileError) -> GGUFMetadata {
        var entries: [GGUFMetadata.Entry] = []
        var indices: [String: Int] = [:]
        for index in 0..<count {
            let key = try key(index)
            guard indices.updateValue(index, forKey: key) == nil else {
                throw .malformed(field: "metadata key \(quoted(key))", reason: "appears twice")
            }
            let type = try valueType("metadata key \(quoted(key)): type")
            entries.append(GGUFMetadata.Entry(key: key, value: try value(type, key: key)))
        }
        return GGUFMetadata(file: file, entries: entries, indices: indices)
    }

    private mutating func key(_ index: Int) throws(ModelFileError) -> String {
        let field = "metadata key \(index)"
        let range = try cursor.stringRange(field)
        guard !range.isEmpty else {
            throw .malformed(field: field, reason: "is empty")
        }
        guard range.count <= GGUFLimits.keyByteCount else {
            throw .malformed(
                field: field, reason: "has \(range.count) bytes, over the limit of \(GGUFLimits.keyByteCount)")
        }
        guard let key = String(validating: file.bytes[range], as: UTF8.self) else {
            throw .malformed(field: field, reason: "isn't valid UTF-8")
        }
        return key
    }

    private mutating func valueType(_ field: @autoclosure () -> String) throws(ModelFileError) -> GGUFValueType {
        let id = try cursor.integer(UInt32.self, field())
        guard let type = GGUFValueType(rawValue: id) else {
            throw .malformed(field: field(), reason: "\(id) isn't a value type")
        }
        return type
    }

    private mutating func value(
        _ type: GGUFValueType, key: String
    ) throws(ModelFileError) -> GGUFMetadata.Entry.Value {
        let field = "metadata key \(quoted(key))"
        switch type {
        case .array:
            return .array(try array(field))
        case .string:
            let range = try cursor.stringRange(field)
            guard isUTF8(range) else {
                throw .malformed(field: field, reason: "isn't valid UTF-8")
            }
            return .scalar(type, range)
        default:
            let range = try cursor.take(UInt64(type.byteCount ?? 0), field)
            if type == .bool {
                try checkBools(range, field)
            }
            return .scalar(type, range)
        }
    }

    private mutating func array(_ field: String) throws(ModelFileError) -> GGUFArray {
        let type = try valueType("\(field): element type")
        guard type != .array else {
            throw .malformed(field: field, reason: "holds arrays of arrays, which aren't supported")
        }
        let declared = try cursor.integer(UInt64.self, "\(field): array length")
        let leastBytesEach = type.byteCount ?? 8
        guard declared <= UInt64(cursor.remaining / leastBytesEach) else {
            throw .malformed(
                field: "\(field): array length",
                reason: "\(declared) elements of type \(type) can't fit in the \(cursor.remaining) bytes that follow")
        }
        let count = Int(declared)
        let start = cursor.offset
        if let size = type.byteCount {
            let range = try cursor.take(UInt64(count * size), field)  // No overflow: bounded by the file's size.
            if type == .bool {
                try checkBools(range, field)
            }
        } else {
            for index in 0..<count {
                _ = try cursor.stringRange("\(field): element \(index)")
            }
        }
        return GGUFArray(elementType: type, count: count, file: file, range: start..<cursor.offset)
    }

    /// Whether the bytes are valid UTF-8, found out without copying them: the value may be large and never be asked for.
    private func isUTF8(_ range: Range<Int>) -> Bool {
        let buffer = UnsafeBufferPointer(rebasing: file.bytes.assumingMemoryBound(to: UInt8.self)[range])
        do {
            _ = try UTF8Span(validating: buffer.span)
            return true
        } catch {
            return false
        }
    }

    private func checkBools(_ range: Range<Int>, _ field: String) throws(ModelFileError) {
        if let byte = file.bytes[range].first(where: { $0 > 1 }) {
            throw .malformed(field: field, reason: "\(byte) isn't a bool (0 or 1)")
        }
    }
}
