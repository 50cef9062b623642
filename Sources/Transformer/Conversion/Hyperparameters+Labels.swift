import JSON
import ModelFiles

extension Hyperparameters {
    /// The names of a classifier's outputs; files leave out those that the reference library makes up.
    func labels(count: Int) -> [String] {
        guard case .checkpoint(let checkpoint) = tensors.source else { return [] }
        let names = checkpoint.configuration["id2label"]
        return (0..<count).map { names?["\($0)"]?.stringValue ?? "LABEL_\($0)" }
    }
}

extension Activation {
    /// What `config.json` and GGUF files call it.
    var configurationName: String {
        switch self {
        case .silu: "silu"
        case .geluTanh: "gelu_pytorch_tanh"
        case .gelu: "gelu"
        case .quickGelu: "quick_gelu"
        case .relu: "relu"
        case .tanh: "tanh"
        }
    }
}
