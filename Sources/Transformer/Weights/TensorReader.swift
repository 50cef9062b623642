import ModelFiles

/// Hands out a file's tensors by name, each checked for its exact shape, and knows at the end which were left over.
struct TensorReader {
    let file: GGUFFile
    private var usedNames: Set<String> = []

    init(_ file: GGUFFile) { self.file = file }

    /// The weights that map `inputCount` numbers to `outputCount`.
    mutating func matrix(_ name: String, inputCount: Int, outputCount: Int) throws(ModelLoadError) -> StoredTensor {
        try tensor(name, shape: [inputCount, outputCount])
    }

    /// One number for each of `count` elements.
    mutating func vector(_ name: String, count: Int) throws(ModelLoadError) -> FloatBuffer {
        FloatBuffer(try Self.floats(of: try tensor(name, shape: [count])))
    }

    /// A vector that a file may have; its presence doesn't count as a use.
    static func optionalVector(
        _ file: GGUFFile, _ name: String, count: Int
    ) throws(ModelLoadError) -> [Float]? {
        guard let tensor = file.tensor(name) else { return nil }
        return try floats(of: try checked(tensor, shape: [count]))
    }

    /// Counts a tensor as used that has been read in another way.
    mutating func markUsed(_ name: String) { usedNames.insert(name) }

    /// Refuses the file when it holds tensors that nobody asked for.
    func finish() throws(ModelLoadError) {
        let unused = file.tensors.map(\.name).filter { !usedNames.contains($0) }
        guard unused.isEmpty else { throw .unusedTensors(unused) }
    }

    private mutating func tensor(_ name: String, shape: [Int]) throws(ModelLoadError) -> StoredTensor {
        guard let tensor = file.tensor(name) else { throw .missingTensor(name) }
        usedNames.insert(name)
        return try Self.checked(tensor, shape: shape)
    }

    private static func checked(_ tensor: StoredTensor, shape: [Int]) throws(ModelLoadError) -> StoredTensor {
        guard tensor.shape == shape else {
            throw .tensorShape(name: tensor.name, expected: shape, found: tensor.shape)
        }
        guard tensor.type.isWeight else {
            throw .tensorType(name: tensor.name, reason: "\(tensor.type) isn't a type of weights")
        }
        return tensor
    }

    private static func floats(of tensor: StoredTensor) throws(ModelLoadError) -> [Float] {
        try withExtendedLifetime(tensor) { () throws(ModelLoadError) in
            let bytes = tensor.bytes
            switch tensor.type {
            case .f32:
                return (0..<tensor.elementCount).map {
                    Float(
                        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
                }
            case .f16:
                return (0..<tensor.elementCount).map {
                    let bits = bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)
                    return Float(Float16(bitPattern: UInt16(littleEndian: bits)))
                }
            case .bf16:
                return (0..<tensor.elementCount).map {
                    let bits = bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)
                    return Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
                }
            default:
                throw .tensorType(name: tensor.name, reason: "a vector can't be quantised (\(tensor.type))")
            }
        }
    }
}
