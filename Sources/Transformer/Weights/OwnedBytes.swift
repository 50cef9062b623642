public import ModelFiles

/// Rows of a matrix in an order of their own: copied from a file where they are apart, or are columns.
final class OwnedBytes {
    let rowCount: Int
    private let memory: UnsafeMutableRawBufferPointer

    /// Valid as long as this object.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

    /// Copies some outputs of a matrix.
    ///
    /// - Parameters:
    ///   - rows: Outputs within the matrix, one range after the other.
    ///   - isTransposed: Whether the tensor's rows are inputs.
    init(rows: [Range<Int>], of tensor: StoredTensor, isTransposed: Bool) throws(ModelLoadError) {
        rowCount = rows.reduce(0) { $0 + $1.count }
        if isTransposed {
            guard tensor.type.blockLength == 1 else {
                throw .tensorType(name: tensor.name, reason: "a quantised matrix can't be transposed")
            }
            let size = tensor.type.blockByteCount, inputCount = tensor.rowCount
            memory = .allocate(byteCount: rowCount * inputCount * size, alignment: 64)
            Self.transpose(rows, of: tensor, elementSize: size, into: memory)
        } else {
            let size = tensor.rowByteCount
            memory = .allocate(byteCount: rowCount * size, alignment: 64)
            withExtendedLifetime(tensor) {
                var offset = 0
                for range in rows {
                    let part = tensor.bytes[range.lowerBound * size..<range.upperBound * size]
                    UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyBytes(from: part)
                    offset += part.count
                }
            }
        }
    }

    deinit { memory.deallocate() }

    private static func transpose(
        _ columns: [Range<Int>], of tensor: StoredTensor, elementSize size: Int,
        into memory: UnsafeMutableRawBufferPointer
    ) {
        let inputCount = tensor.rowCount, rowByteCount = tensor.rowByteCount
        withExtendedLifetime(tensor) {
            let bytes = tensor.bytes
            guard let source = bytes.baseAddress, var target = memory.baseAddress else { return }
            for column in columns.joined() {
                for input in 0..<inputCount {
                    target.copyMemory(from: source + input * rowByteCount + column * size, byteCount: size)
                    target += size
                }
            }
        }
    }
}

extension StoredTensor {
    /// All numbers of an unquantised tensor.
    ///
    /// - Throws: ``ModelLoadError/tensorType(name:reason:)`` for any type but F32, F16 and BF16.
    public func floats() throws(ModelLoadError) -> [Float] {
        try withExtendedLifetime(self) { () throws(ModelLoadError) in try Self.floats(bytes, of: self) }
    }

    /// Numbers of the tensor, or others that are stored like them.
    static func floats(
        _ bytes: UnsafeRawBufferPointer, of tensor: StoredTensor
    ) throws(ModelLoadError) -> [Float] {
        let count = bytes.count / tensor.type.blockByteCount
        switch tensor.type {
        case .f32:
            return (0..<count).map {
                Float(
                    bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        case .f16:
            return (0..<count).map {
                let bits = bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)
                return Float(Float16(bitPattern: UInt16(littleEndian: bits)))
            }
        case .bf16:
            return (0..<count).map {
                let bits = bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)
                return Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
            }
        default:
            throw .tensorType(
                name: tensor.name, reason: "a vector must be of F32, F16 or BF16, not of \(tensor.type)")
        }
    }
}
