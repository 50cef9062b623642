import Kernels
import ModelFiles

/// The embedding of each token, read from the mapped file row by row.
///
/// A step looks up a few hundred rows of what may be a third of the file, so nothing is copied at load.
struct EmbeddingTable {
    private let tensor: StoredTensor
    private let format: WeightFormat

    init(_ tensor: StoredTensor) throws(ModelLoadError) {
        guard let format = WeightFormat(rawValue: tensor.type.rawValue), tensor.type.isWeight else {
            throw .tensorType(name: tensor.name, reason: "\(tensor.type) isn't a type of weights")
        }
        self.tensor = tensor
        self.format = format
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

/// What makes the first hidden state of a token.
struct EmbeddingWeights {
    let spec: EmbeddingSpec
    let tokens: EmbeddingTable
    let projection: ProjectionWeights?
    /// Rows from position 0 on.
    let positions: FloatBuffer?
    let types: FloatBuffer?
    let norm: NormWeights?
}
