import Kernels
import ModelFiles

/// Which format each tensor of a GGUF file gets when the model is quantised.
///
/// The rules, in their order:
///
/// 1. Vectors, norms, the choice of experts, learned positions and token types stay as they are: they are small, and
///    errors in them touch every number. So do tensors that aren't called `.weight`.
/// 2. The output matrix, and the embedding when it is the output matrix as well, gets at least Q6_K: its errors go
///    straight into the logits. So does that of a classifier.
/// 3. Other matrices get the format that was asked for.
/// 4. Rows that aren't whole blocks of the format get the closest that takes them:
///    ``WeightFormat/fitting(rowLength:)``.
struct QuantizePlan {
    /// What becomes of one tensor.
    struct Step {
        let tensor: StoredTensor
        let target: TensorType
        /// The format that the rules asked for and the row length ruled out.
        var instead: TensorType?
    }

    let steps: [Step]

    init(_ tensors: [StoredTensor], target: WeightFormat) {
        let hasOutput = tensors.contains { $0.name == "output.weight" }
        steps = tensors.map { tensor in
            guard Self.isMatrix(tensor) else { return Step(tensor: tensor, target: tensor.type) }
            let output = hasOutput ? "output.weight" : "token_embd.weight"
            let isOutput = [output, "cls.output.weight"].contains(tensor.name)
            let wanted = isOutput ? target.ofLogits : target
            let format = wanted.fitting(rowLength: tensor.rowLength)
            return Step(
                tensor: tensor, target: format.tensorType, instead: format == wanted ? nil : wanted.tensorType)
        }
    }

    /// Tensors that are rounded a second time, which costs accuracy that the original would have kept.
    var requantized: [Step] {
        steps.filter { $0.target != $0.tensor.type && $0.tensor.type.blockLength > 1 }
    }

    var byteCount: Int {
        steps.reduce(0) { $0 + $1.tensor.elementCount / $1.target.blockLength * $1.target.blockByteCount }
    }

    private static func isMatrix(_ tensor: StoredTensor) -> Bool {
        let kept = ["_norm", "ffn_gate_inp", "position_embd", "token_types", "rope_"]
        return tensor.shape.count >= 2 && tensor.rowCount > 1 && tensor.name.hasSuffix(".weight")
            && !kept.contains { tensor.name.contains($0) }
    }
}

extension WeightFormat {
    /// The file's name for the format. Both enumerations are GGUF's type ids.
    var tensorType: TensorType {
        guard let type = TensorType(rawValue: rawValue) else { preconditionFailure("\(self) has no tensor type") }
        return type
    }

    /// What `general.file_type` of a file of mostly this format says; nil when GGUF has no number for it.
    var fileType: UInt32? {
        switch self {
        case .f32: 0
        case .f16: 1
        case .q4_0: 2
        case .q4_1: 3
        case .q8_0: 7
        case .q5_0: 8
        case .q5_1: 9
        case .q4K: 14
        case .q5K: 16
        case .q6K: 18
        case .bf16: 32
        case .q2K, .q3K, .iq4NL, .iq4XS, .mxfp4: nil
        }
    }
}
