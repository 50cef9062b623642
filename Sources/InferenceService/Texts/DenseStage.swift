import Glibc
import JSON
import ModelFiles
import Transformer

/// A layer behind the pooling: `activation(weights * vector + bias)`, the stage `Dense` of sentence-transformers.
///
/// It is one product for a whole text, so it needs no step of the engine.
struct DenseStage: Sendable {
    enum Activation: Sendable {
        case identity
        case tanh
        case relu
        case gelu
    }

    let inputLength: Int
    let outputLength: Int
    private let activation: Activation
    /// For each group of neighbouring outputs the weights of all inputs, one after the other; the last group is filled
    /// up with zeros.
    private let panels: [SIMD16<Float>]
    private let bias: [SIMD16<Float>]

    private static let width = SIMD16<Float>.scalarCount

    /// - Parameters:
    ///   - weights: `outputLength` rows of `inputLength` numbers.
    ///   - bias: One number for each output, or none at all.
    init(weights: [Float], bias: [Float], inputLength: Int, outputLength: Int, activation: Activation) {
        self.inputLength = inputLength
        self.outputLength = outputLength
        self.activation = activation
        let groupCount = (outputLength + Self.width - 1) / Self.width
        var panels = [SIMD16<Float>](repeating: .zero, count: groupCount * inputLength)
        var groups = [SIMD16<Float>](repeating: .zero, count: groupCount)
        for output in 0..<outputLength {
            let (group, lane) = output.quotientAndRemainder(dividingBy: Self.width)
            for input in 0..<inputLength {
                panels[group * inputLength + input][lane] = weights[output * inputLength + input]
            }
            if !bias.isEmpty { groups[group][lane] = bias[output] }
        }
        self.panels = panels
        self.bias = groups
    }

    /// Multiply-adds for one vector.
    var work: Int { inputLength * outputLength }

    /// Each vector's result. The order of sums does not depend on how many there are.
    func apply(to vectors: [[Float]]) -> [[Float]] {
        var results = vectors.map { _ in [Float](repeating: 0, count: outputLength) }
        for group in bias.indices {
            // The group's weights stay in the cache while all vectors pass.
            let panel = panels[group * inputLength..<(group + 1) * inputLength]
            let outputs = group * Self.width..<min((group + 1) * Self.width, outputLength)
            for (index, vector) in vectors.enumerated() {
                var sums = bias[group]
                for (weights, number) in zip(panel, vector) { sums += weights * number }
                for output in outputs { results[index][output] = activated(sums[output - outputs.lowerBound]) }
            }
        }
        return results
    }

    private func activated(_ value: Float) -> Float {
        switch activation {
        case .identity: value
        case .tanh: tanhf(value)
        case .relu: max(0, value)
        case .gelu: 0.5 * value * (1 + erff(value * Float(0.5).squareRoot()))
        }
    }
}

extension DenseStage {
    /// Reads the stage's folder.
    ///
    /// - Parameter inputLength: Numbers of the vectors that it gets.
    /// - Throws: ``ModelLoadError`` that names the setting or the tensor, behind the folder's name.
    init(_ module: SentenceModules.Module, inputLength: Int) throws(ModelLoadError) {
        let settings = DenseSettings(module)
        let given = try settings.count("in_features")
        guard given == inputLength else {
            throw .hyperparameter(
                key: settings.key("in_features"), reason: "\(given), but the vectors before it have \(inputLength)")
        }
        try settings.refuseVariations()
        let outputLength = try settings.count("out_features"), hasBias = try settings.bool("bias") ?? true
        let activation = try settings.activation()
        let tensors: [StoredTensor]
        do {
            tensors = try module.tensors()
        } catch {
            throw .file(.malformed(field: module.folder, reason: error.description))
        }
        var parts = [("linear.weight", [inputLength, outputLength])]
        if hasBias { parts.append(("linear.bias", [outputLength])) }
        var numbers: [[Float]] = []
        for (name, shape) in parts {
            let path = "\(module.folder)/\(name)"
            guard let tensor = tensors.first(where: { $0.name == name }) else { throw .missingTensor(path) }
            guard tensor.shape == shape else {
                throw .tensorShape(name: path, expected: shape, found: tensor.shape)
            }
            let floats = try tensor.floats()
            guard floats.allSatisfy(\.isFinite) else {
                throw .file(.malformed(field: path, reason: "has a number that isn't finite"))
            }
            numbers.append(floats)
        }
        let surplus = tensors.map(\.name).filter { name in !parts.contains { $0.0 == name } }
        guard surplus.isEmpty else { throw .unusedTensors(surplus.map { "\(module.folder)/\($0)" }) }
        self.init(
            weights: numbers[0], bias: hasBias ? numbers[1] : [], inputLength: inputLength, outputLength: outputLength,
            activation: activation)
    }
}

/// The `config.json` of a stage.
private struct DenseSettings {
    private let module: SentenceModules.Module

    init(_ module: SentenceModules.Module) { self.module = module }

    func key(_ name: String) -> String { "\(module.folder)/config.json: \(name)" }

    private func value(_ name: String) -> JSONValue? {
        module.configuration?[name].flatMap { $0.isNull ? nil : $0 }
    }

    func count(_ name: String) throws(ModelLoadError) -> Int {
        guard let value = value(name) else { throw .file(.missingKey(key(name))) }
        let limit = 1 << 16
        guard let count = value.integerValue, (1...limit).contains(count) else {
            throw .hyperparameter(key: key(name), reason: "isn't a whole number in 1 ... \(limit)")
        }
        return count
    }

    func bool(_ name: String) throws(ModelLoadError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.boolValue else { throw .hyperparameter(key: key(name), reason: "isn't a truth value") }
        return flag
    }

    /// By the path of torch's class. Without one it is the default of sentence-transformers.
    func activation() throws(ModelLoadError) -> DenseStage.Activation {
        let name = "activation_function"
        guard let value = value(name) else { return .tanh }
        let path = value.stringValue ?? ""
        guard path.hasPrefix("torch.nn.") else { throw .unsupported(key: key(name), reason: "not a class of torch.nn") }
        switch path.split(separator: ".").last {
        case "Identity": return .identity
        case "Tanh": return .tanh
        case "ReLU": return .relu
        case "GELU": return .gelu
        default: throw .unsupported(key: key(name), reason: "only Identity, Tanh, ReLU and GELU are supported")
        }
    }

    /// Stages may work on something else than the text's vector, or add their input to their output.
    func refuseVariations() throws(ModelLoadError) {
        for name in ["module_input_name", "module_output_name"] {
            guard let value = value(name), value.stringValue != "sentence_embedding" else { continue }
            throw .unsupported(key: key(name), reason: "only 'sentence_embedding' is supported")
        }
        guard try bool("use_residual") == true else { return }
        throw .unsupported(key: key("use_residual"), reason: "only false is supported")
    }
}
