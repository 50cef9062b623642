/// Finds and checks the tensors of a safetensors file.
enum SafetensorsParser {
    static func parse(_ file: MappedFile) throws(ModelFileError) -> [StoredTensor] {
        let bytes = file.bytes
        guard bytes.count >= 8 else {
            throw .notRecognised(reason: "not a safetensors file: it has only \(bytes.count) bytes")
        }
        let declared = bytes.littleEndian(UInt64.self, at: 0)
        guard declared <= UInt64(SafetensorsLimits.headerByteCount) else {
            throw .malformed(
                field: "header length",
                reason: "\(declared) is over the format's limit of \(SafetensorsLimits.headerByteCount)")
        }
        let headerByteCount = Int(declared)
        guard headerByteCount <= bytes.count - 8 else {
            throw .malformed(
                field: "header length",
                reason: "\(headerByteCount) can't fit in the \(bytes.count - 8) bytes that follow")
        }
        var reader = SafetensorsHeaderReader(UnsafeRawBufferPointer(rebasing: bytes[8..<8 + headerByteCount]))
        return try place(try reader.entries(), in: file, dataStart: 8 + headerByteCount)
    }

    /// Checks that the tensors, in the order of their bytes, follow each other from the first byte of the data section
    /// to the last.
    private static func place(
        _ entries: [SafetensorsHeaderReader.Entry], in file: MappedFile, dataStart: Int
    ) throws(ModelFileError) -> [StoredTensor] {
        let sorted = entries.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
        let dataByteCount = file.byteCount - dataStart
        var tensors: [StoredTensor] = []
        tensors.reserveCapacity(sorted.count)
        var position = 0
        for entry in sorted {
            let field = "tensor \(quoted(entry.name))"
            let byteCount = try byteCount(of: entry, field)
            guard entry.end >= entry.start, entry.end - entry.start == byteCount else {
                throw .malformed(
                    field: field,
                    reason: "data_offsets [\(entry.start), \(entry.end)] don't hold the \(byteCount) bytes that "
                        + "\(entry.type) of shape \(described(entry.shape)) has")
            }
            guard entry.start >= position else {
                throw .malformed(
                    field: field,
                    reason: "its bytes overlap those of tensor \(quoted(tensors.last?.name ?? ""))")
            }
            guard entry.start == position else {
                throw .malformed(
                    field: field, reason: "bytes \(position) to \(entry.start) before it belong to no tensor")
            }
            guard entry.end <= dataByteCount else {
                throw .malformed(
                    field: field,
                    reason: "data_offsets [\(entry.start), \(entry.end)] are past the end of the file "
                        + "(data section has \(dataByteCount) bytes)")
            }
            tensors.append(
                StoredTensor(
                    name: entry.name, type: entry.type, shape: entry.shape.reversed(), file: file,
                    range: dataStart + entry.start..<dataStart + entry.end))
            position = entry.end
        }
        guard position == dataByteCount else {
            throw .malformed(
                field: "data section", reason: "the last \(dataByteCount - position) bytes belong to no tensor")
        }
        return tensors
    }

    /// Bytes that a tensor takes, with every product checked.
    ///
    /// Lengths of 0 are legal. They are left out of the product, so that no product of a few of the lengths that a
    /// user of the tensor may form can overflow either.
    private static func byteCount(
        of entry: SafetensorsHeaderReader.Entry, _ field: String
    ) throws(ModelFileError) -> Int {
        var elements = 1
        for length in entry.shape where length != 0 {
            let (product, overflow) = elements.multipliedReportingOverflow(by: length)
            guard !overflow else {
                throw .malformed(
                    field: "\(field): shape", reason: "\(described(entry.shape)) has more elements than can be counted")
            }
            elements = product
        }
        guard !entry.shape.contains(0) else { return 0 }
        guard elements.isMultiple(of: entry.type.blockLength) else {
            throw .malformed(
                field: "\(field): shape",
                reason: "\(described(entry.shape)) of \(entry.type) isn't a whole number of bytes")
        }
        let (bytes, overflow) = (elements / entry.type.blockLength).multipliedReportingOverflow(
            by: entry.type.blockByteCount)
        guard !overflow else {
            throw .malformed(
                field: "\(field): shape", reason: "\(described(entry.shape)) has more bytes than can be counted")
        }
        return bytes
    }

    /// A shape for an error message, cut after 8 lengths.
    private static func described(_ shape: [Int]) -> String {
        "[" + shape.prefix(8).map { "\($0)" }.joined(separator: ", ") + (shape.count > 8 ? ", …]" : "]")
    }
}
