extension GGUFParser {
    /// One row of the tensor table, before it is known where the data section starts.
    private struct Entry {
        var name: String
        var shape: [Int]
        var type: TensorType
        var byteCount: Int
        var offset: UInt64
    }

    mutating func tensors(count: Int, alignment: Int) throws(ModelFileError) -> [StoredTensor] {
        var entries: [Entry] = []
        var names: Set<String> = []
        for index in 0..<count {
            let entry = try tensorEntry(index)
            guard names.insert(entry.name).inserted else {
                throw .malformed(field: "tensor \(quoted(entry.name))", reason: "appears twice")
            }
            entries.append(entry)
        }
        return try place(entries, alignment: alignment)
    }

    private mutating func tensorEntry(_ index: Int) throws(ModelFileError) -> Entry {
        let name = try tensorName(index)
        let field = "tensor \(quoted(name))"
        let dimensions = try cursor.integer(UInt32.self, "\(field): number of dimensions")
        guard let dimensionCount = Int(exactly: dimensions), GGUFLimits.dimensionCount ~= dimensionCount else {
            throw .malformed(field: "\(field): number of dimensions", reason: "\(dimensions) isn't between 1 and 4")
        }
        var shape: [Int] = []
        for axis in 0..<dimensionCount {
            let size = try cursor.integer(UInt64.self, "\(field): dimension \(axis)")
            guard let length = Int(exactly: size), length > 0 else {
                throw .malformed(field: "\(field): dimension \(axis)", reason: "\(size) is out of range")
            }
            shape.append(length)
        }
        let typeID = try cursor.integer(UInt32.self, "\(field): type")
        guard let type = TensorType(rawValue: typeID), type.isWeight else {
            if let known = TensorType.nameOfUnsupportedType(typeID) {
                throw .unsupported(reason: "\(field): type \(known) isn't supported")
            }
            throw .malformed(field: "\(field): type", reason: "\(typeID) isn't a tensor type")
        }
        let byteCount = try Self.byteCount(of: type, shape: shape, field)
        let offset = try cursor.integer(UInt64.self, "\(field): offset")
        return Entry(name: name, shape: shape, type: type, byteCount: byteCount, offset: offset)
    }

    private mutating func tensorName(_ index: Int) throws(ModelFileError) -> String {
        let field = "tensor \(index): name"
        let range = try cursor.stringRange(field)
        guard !range.isEmpty else {
            throw .malformed(field: field, reason: "is empty")
        }
        guard range.count <= GGUFLimits.tensorNameByteCount else {
            throw .malformed(
                field: field,
                reason: "has \(range.count) bytes, over the limit of \(GGUFLimits.tensorNameByteCount)")
        }
        guard let name = String(validating: file.bytes[range], as: UTF8.self) else {
            throw .malformed(field: field, reason: "isn't valid UTF-8")
        }
        return name
    }

    /// Bytes that a tensor takes, with every product checked.
    static func byteCount(of type: TensorType, shape: [Int], _ field: String) throws(ModelFileError) -> Int {
        guard let rowLength = shape.first, rowLength.isMultiple(of: type.blockLength) else {
            throw .malformed(
                field: "\(field): dimension 0",
                reason: "\(shape.first ?? 0) isn't a multiple of \(type.blockLength), the block length of \(type)")
        }
        var elements = 1
        for length in shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: length)
            guard !overflow else {
                throw .malformed(field: "\(field): shape", reason: "\(shape) has more elements than can be counted")
            }
            elements = product
        }
        let (bytes, overflow) = (elements / type.blockLength).multipliedReportingOverflow(by: type.blockByteCount)
        guard !overflow else {
            throw .malformed(field: "\(field): shape", reason: "\(shape) has more bytes than can be counted")
        }
        return bytes
    }

    /// Finds each tensor's bytes in the data section, which starts at the next multiple of the alignment.
    private func place(_ entries: [Entry], alignment: Int) throws(ModelFileError) -> [StoredTensor] {
        guard !entries.isEmpty else { return [] }  // Then the padding before the data may be missing, too.
        let (padded, overflow) = cursor.offset.addingReportingOverflow(alignment - 1)
        let dataStart = padded & ~(alignment - 1)
        guard !overflow, dataStart <= file.byteCount else {
            throw .malformed(
                field: "data section",
                reason: "the file ends at byte \(file.byteCount), before the section's start at a multiple of "
                    + "\(alignment)")
        }
        let dataByteCount = file.byteCount - dataStart
        var tensors: [StoredTensor] = []
        tensors.reserveCapacity(entries.count)
        for entry in entries {
            let offset = try Self.checkedOffset(entry, alignment: alignment, dataByteCount: dataByteCount)
            tensors.append(
                StoredTensor(
                    name: entry.name, type: entry.type, shape: entry.shape, file: file,
                    range: dataStart + offset..<dataStart + offset + entry.byteCount))
        }
        try Self.refuseOverlaps(tensors)
        return tensors
    }

    private static func checkedOffset(
        _ entry: Entry, alignment: Int, dataByteCount: Int
    ) throws(ModelFileError) -> Int {
        let field = "tensor \(quoted(entry.name))"
        guard entry.offset.isMultiple(of: UInt64(alignment)) else {
            throw .malformed(field: field, reason: "offset \(entry.offset) isn't a multiple of \(alignment)")
        }
        guard
            let offset = Int(exactly: entry.offset), offset <= dataByteCount,
            entry.byteCount <= dataByteCount - offset
        else {
            throw .malformed(
                field: field,
                reason: "offset \(entry.offset) + \(entry.byteCount) bytes is past the end of the file "
                    + "(data section has \(dataByteCount) bytes)")
        }
        return offset
    }

    private static func refuseOverlaps(_ tensors: [StoredTensor]) throws(ModelFileError) {
        let sorted = tensors.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (earlier, later) in zip(sorted, sorted.dropFirst())
        where later.range.lowerBound < earlier.range.upperBound {
            throw .malformed(
                field: "tensor \(quoted(later.name))",
                reason: "its bytes overlap those of tensor \(quoted(earlier.name))")
        }
    }
}
