public import Kernels
import ModelFiles

/// How a model's matrices are kept in memory.
public enum WeightQuantization: Sendable, Equatable {
    /// Checkpoints in Q8_0, which is half as large as they are and as good as them; GGUF files as they are, because
    /// whoever made them has chosen.
    case standard
    /// As the files have them.
    case asStored
    /// Matrices of floats in this format. What is quantised already stays as it is.
    case format(WeightFormat)

    /// What matrices of floats in `source` become; nil when they stay as they are.
    func format(for source: ModelSource) -> WeightFormat? {
        switch (self, source) {
        case (.format(let format), _): format
        case (.standard, .checkpoint): .q8_0
        case (.standard, .gguf), (.asStored, _): nil
        }
    }
}

extension ModelSource {
    /// About how many bytes the packed weights will take, before anything is read.
    func packedByteCount(quantizingTo wanted: WeightFormat?) -> Int {
        tensors.reduce(0) { sum, tensor in
            guard tensor.shape.count > 1, let format = WeightFormat(rawValue: tensor.type.rawValue) else {
                return sum + tensor.byteCount
            }
            let packed = format.packed(quantizingTo: wanted, columnCount: tensor.rowLength)
            return sum + tensor.elementCount / packed.blockLength * packed.blockByteCount
        }
    }
}
