import Kernels
import ModelFiles

/// The embedding of each token, read from the mapped file row by row.
///
/// A step looks up a few hundred rows of what may be a third of the file, so nothing is copied at load.
struct EmbeddingTable {
    private let tensor: StoredTensor
    private let format: WeightFormat

    init(_ tensor: StoredTensor) {
        self.tensor = tensor
        format = tensor.weightFormat
    }

    /// Writes the embedding of `token`, which is in range, as floats.
    func row(_ token: Int, into output: UnsafeMutablePointer<Float>) {
        let size = tensor.rowByteCount
        withExtendedLifetime(tensor) {
            let row = UnsafeRawBufferPointer(rebasing: tensor.bytes[token * size..<(token + 1) * size])
            format.dequantize(row, into: UnsafeMutableBufferPointer(start: output, count: tensor.rowLength))
        }
    }
}

extension StoredTensor {
    /// The kernels' name for the tensor's type. Both enumerations are GGUF's type ids.
    var weightFormat: WeightFormat {
        guard let format = WeightFormat(rawValue: type.rawValue) else {
            preconditionFailure("no kernels for the tensor type \(type)")
        }
        return format
    }
}
