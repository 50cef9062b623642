import ModelFiles

/// Outputs of one tensor of a checkpoint, as they go into a tensor of a GGUF file.
struct TensorPiece: Sendable {
    let tensor: StoredTensor
    /// Which outputs, one range after the other.
    var outputs: [Range<Int>]
    /// Whether the tensor's rows are inputs. Those of a vector are: it has one.
    var isTransposed: Bool
    /// For each output the one that comes there; nil keeps them.
    var order: [Int]?
    /// What is added to each number.
    var offset: Float = 0

    /// Numbers for each output.
    var inputCount: Int { isTransposed ? tensor.rowCount : tensor.rowLength }
    var outputCount: Int { outputs.reduce(0) { $0 + $1.count } }

    /// The numbers as a tensor of `type` has them: that of the checkpoint's tensor, or F32.
    func bytes(as type: TensorType) throws(ModelLoadError) -> [UInt8] {
        let stored = ordered(try storedBytes())
        tensor.releasePages()
        guard type != tensor.type || offset != 0 else { return stored }
        precondition(type == .f32)
        let floats = try stored.withUnsafeBufferPointer { (bytes) throws(ModelLoadError) in
            try StoredTensor.floats(UnsafeRawBufferPointer(bytes), of: tensor)
        }
        return (offset == 0 ? floats : floats.map { $0 + offset }).littleEndianBytes
    }

    private func storedBytes() throws(ModelLoadError) -> [UInt8] {
        if !isTransposed, outputs == [0..<tensor.rowCount] {
            return withExtendedLifetime(tensor) { Array(tensor.bytes) }
        }
        let copy = try OwnedBytes(rows: outputs, of: tensor, isTransposed: isTransposed)
        return withExtendedLifetime(copy) { Array(copy.bytes) }
    }

    private func ordered(_ bytes: [UInt8]) -> [UInt8] {
        guard let order else { return bytes }
        let size = bytes.count / order.count
        var ordered: [UInt8] = []
        ordered.reserveCapacity(bytes.count)
        for row in order { ordered += bytes[row * size..<(row + 1) * size] }
        return ordered
    }
}

extension GGUFForm.Tensor {
    /// The pieces below one another.
    ///
    /// - Parameters:
    ///   - shape: Innermost first.
    ///   - asFloats: Whether it must be of F32 in any case.
    init(_ pieces: [TensorPiece], name: String, shape: [Int], asFloats: Bool) {
        let types = Set(pieces.map(\.tensor.type))
        // Pieces of several types have one in common that loses nothing.
        let keepsType = !asFloats && types.count == 1 && pieces.allSatisfy { $0.offset == 0 }
        let type = keepsType ? pieces[0].tensor.type : .f32
        self.init(
            name: name, type: type, shape: shape,
            bytes: {
                if pieces.count == 1 { return try pieces[0].bytes(as: type) }
                var bytes: [UInt8] = []
                for piece in pieces { bytes += try piece.bytes(as: type) }
                return bytes
            })
    }
}

extension [Float] {
    var littleEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 4)
        for number in self {
            Swift.withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
