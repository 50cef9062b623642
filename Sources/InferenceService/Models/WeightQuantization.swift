public import Kernels
import ModelFiles
import Transformer

/// How a model's matrices are kept in memory.
public enum WeightQuantization: Sendable, Equatable {
    /// What is fastest without a loss that matters: encoders in bfloat16 where the processor multiplies that; other
    /// checkpoints in Q8_0, which is half as large as they are and as good as them; other GGUF files as they are, because
    /// whoever made them has chosen.
    case standard
    /// As the files have them.
    case asStored
    /// Matrices of floats in this format. What is quantised already stays as it is.
    case format(WeightFormat)

    /// What matrices of floats in `source` become; nil when they stay as they are.
    func format(for source: ModelSource, _ spec: ModelSpec, _ kernels: KernelTable) -> WeightFormat? {
        switch (self, source) {
        case (.format(let format), _): format
        // Whole texts are read at once: the processor is the limit, not memory.
        case (.standard, _) where !spec.needsCache && kernels.hasBrainProducts: .bf16
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
