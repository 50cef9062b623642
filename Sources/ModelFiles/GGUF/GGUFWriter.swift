/// Builds a GGUF version 3 file, little-endian.
///
/// Tensors' bytes may be produced one tensor at a time while the file is written, so that a model can be converted
/// in the memory of its largest tensor.
public struct GGUFWriter: Sendable {
    /// Metadata in the order in which it is written.
    public private(set) var metadata: [(key: String, value: GGUFValue)] = []
    private(set) var tensors: [Tensor] = []
    let alignment: Int

    struct Tensor: Sendable {
        var name: String
        var type: TensorType
        var shape: [Int]
        var byteCount: Int
        var bytes: @Sendable () throws -> [UInt8]
    }

    /// - Parameter alignment: a power of two; tensors start at its multiples. Written to the metadata unless it is
    ///   the format's default of 32.
    public init(alignment: Int = 32) {
        precondition(alignment > 0 && alignment & (alignment - 1) == 0 && UInt32(exactly: alignment) != nil)
        self.alignment = alignment
        if alignment != 32 {
            self["general.alignment"] = .uint32(UInt32(alignment))
        }
    }

    /// The value under a key. Setting a known key keeps its place; setting nil removes it.
    public subscript(key: String) -> GGUFValue? {
        get { metadata.first { $0.key == key }?.value }
        set {
            let index = metadata.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): metadata[index].value = value
            case (let index?, nil): metadata.remove(at: index)
            case (nil, let value?): metadata.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a tensor whose bytes are at hand.
    ///
    /// - Parameter shape: in GGUF order, `shape[0]` being the row length.
    /// - Throws: ``ModelFileError/malformed(field:reason:)`` when the name is taken, or the shape doesn't suit the
    ///   type or the number of bytes.
    public mutating func add(
        _ name: String, _ type: TensorType, shape: [Int], bytes: [UInt8]
    ) throws(ModelFileError) {
        try add(name, type, shape: shape) { bytes }
        let expected = tensors[tensors.count - 1].byteCount
        guard bytes.count == expected else {
            tensors.removeLast()
            throw .malformed(
                field: "tensor \(quoted(name))",
                reason: "\(bytes.count) bytes given, but \(type) of shape \(shape) has \(expected)")
        }
    }

    /// Adds a tensor of F32 numbers.
    public mutating func add(_ name: String, shape: [Int], floats: [Float]) throws(ModelFileError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(floats.count * 4)
        for number in floats {
            bytes.appendLittleEndian(number.bitPattern)
        }
        try add(name, .f32, shape: shape, bytes: bytes)
    }

    /// Adds a tensor of another file as it is. The file must stay mapped until this one is written.
    public mutating func add(_ tensor: StoredTensor) throws(ModelFileError) {
        try add(tensor.name, tensor.type, shape: tensor.shape) {
            withExtendedLifetime(tensor) { Array(tensor.bytes) }
        }
    }

    /// Adds a tensor whose bytes are made when the file is written.
    public mutating func add(
        _ name: String, _ type: TensorType, shape: [Int], producing bytes: @escaping @Sendable () throws -> [UInt8]
    ) throws(ModelFileError) {
        let field = "tensor \(quoted(name))"
        guard !name.isEmpty, name.utf8.count <= GGUFLimits.tensorNameByteCount else {
            throw .malformed(field: field, reason: "the name is empty or too long")
        }
        guard !tensors.contains(where: { $0.name == name }) else {
            throw .malformed(field: field, reason: "appears twice")
        }
        guard GGUFLimits.dimensionCount ~= shape.count, shape.allSatisfy({ $0 > 0 }) else {
            throw .malformed(field: field, reason: "\(shape) isn't a shape of 1 to 4 positive lengths")
        }
        guard type.isWeight else {
            throw .unsupported(reason: "\(field): type \(type) isn't supported")
        }
        let byteCount = try GGUFParser.byteCount(of: type, shape: shape, field)
        tensors.append(Tensor(name: name, type: type, shape: shape, byteCount: byteCount, bytes: bytes))
    }
}
