/// Builds GGUF bytes field by field, true or forged: nothing here checks anything.
struct RawGGUF {
    var magic = Array("GGUF".utf8)
    var version: UInt32 = 3
    /// Counts that differ from the number of entries, for files that lie.
    var declaredTensorCount: UInt64?
    var declaredMetadataCount: UInt64?
    var metadata: [[UInt8]] = []
    var tensors: [[UInt8]] = []
    var alignment = 32
    var data: [UInt8] = []

    var bytes: [UInt8] {
        var bytes = magic
        bytes += le(version)
        bytes += le(declaredTensorCount ?? UInt64(tensors.count))
        bytes += le(declaredMetadataCount ?? UInt64(metadata.count))
        bytes += metadata.joined()
        bytes += tensors.joined()
        if alignment > 0, !bytes.count.isMultiple(of: alignment) {
            bytes += [UInt8](repeating: 0, count: alignment - bytes.count % alignment)
        }
        return bytes + data
    }

    func adding(metadata pair: [UInt8]) -> RawGGUF {
        var copy = self
        copy.metadata.append(pair)
        return copy
    }

    func adding(tensor: [UInt8]) -> RawGGUF {
        var copy = self
        copy.tensors.append(tensor)
        return copy
    }
}

func le(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// A string with its length, or with a length that lies.
func str(_ text: String, length: UInt64? = nil) -> [UInt8] {
    le(length ?? UInt64(text.utf8.count)) + Array(text.utf8)
}

func pair(_ key: String, type: UInt32, _ value: [UInt8]) -> [UInt8] {
    str(key) + le(type) + value
}

func arrayPair(_ key: String, element: UInt32, count: UInt64, _ elements: [UInt8]) -> [UInt8] {
    pair(key, type: 9, le(element) + le(count) + elements)
}

func tensorRow(
    _ name: String, nameLength: UInt64? = nil, dimensionCount: UInt32? = nil, shape: [UInt64] = [32],
    type: UInt32 = 0, offset: UInt64 = 0
) -> [UInt8] {
    str(name, length: nameLength) + le(dimensionCount ?? UInt32(shape.count)) + shape.flatMap { le($0) } + le(type)
        + le(offset)
}
