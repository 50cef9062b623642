import Kernels
import ModelFiles

/// Binds the tensors of a source to the parts of a model, in the order in which they are asked for.
struct WeightBinder {
    var reader: TensorReader
    /// Bytes of the matrices packed so far.
    private(set) var byteCount = 0
    var sharedBiases: DistanceBiases?
    let spec: ModelSpec
    let ropes: [RopeSpec]
    private let options: ModelOptions
    private let arena = WeightArena()

    init(spec: ModelSpec, map: TensorMap, options: ModelOptions, ropes: [RopeSpec]) {
        reader = TensorReader(map)
        self.spec = spec
        self.options = options
        self.ropes = ropes
    }

    /// Refuses tensors that are left over.
    mutating func finish() throws(ModelLoadError) {
        let usesFactors = ropes.contains { rope in
            switch rope.scaling {
            case .perPair, .byContext: true
            case .none, .linear: false
            }
        }
        // The spec has read what they say.
        if usesFactors {
            for part in [ModelPart.ropeFactors, .ropeFactorsShort, .ropeFactorsLong] { reader.markUsed(part) }
        }
        // Some files hold a copy of the embedding.
        if spec.hasTiedOutput { reader.markUsed(.output) }
        try reader.finish()
    }

    /// The weights of a norm; nil without a spec.
    mutating func norm(
        _ part: ModelPart, layer: Int? = nil, _ spec: NormSpec?, count: Int
    ) throws(ModelLoadError) -> NormWeights? {
        guard let spec else { return nil }
        guard spec.hasWeight else {
            return NormWeights(spec: spec, weight: FloatBuffer(Array(repeating: 1, count: count)), bias: nil)
        }
        let weight = try reader.vector(part, layer: layer, .weight, counts: [part: count])
        guard spec.kind == .layer(hasBias: true) else {
            return NormWeights(spec: spec, weight: FloatBuffer(weight), bias: nil)
        }
        let bias = try reader.vector(part, layer: layer, .bias, counts: [part: count])
        return NormWeights(spec: spec, weight: FloatBuffer(weight), bias: FloatBuffer(bias))
    }

    /// Matrices with the same input, below one another, with their biases.
    ///
    /// - Parameters:
    ///   - outputs: The parts and how many outputs each has.
    ///   - groupCount: Key-value heads, for parts that alternate in a tensor that they share.
    ///   - biasScale: What biases are multiplied with.
    mutating func projection(
        _ outputs: KeyValuePairs<ModelPart, Int>, layer: Int? = nil, inputCount: Int, hasBias: Bool,
        groupCount: Int = 1, biasScale: Float = 1, keepsPages: Bool = false, keepsPrecision: Bool = false
    ) throws(ModelLoadError) -> ProjectionWeights {
        let counts = Dictionary(uniqueKeysWithValues: outputs.map { ($0.key, $0.value) })
        var rows: [TensorReader.Rows] = [], biases: [Float] = []
        for (part, _) in outputs {
            rows.append(
                try reader.matrix(
                    part, layer: layer, inputCount: inputCount, counts: counts, groupCount: groupCount))
            guard hasBias else { continue }
            biases += try reader.vector(part, layer: layer, .bias, counts: counts, groupCount: groupCount)
        }
        return ProjectionWeights(
            matrix: try packed(
                rows, inputCount: inputCount, quantizingTo: keepsPrecision ? nil : format(of: outputs[0].key),
                keepsPages: keepsPages),
            bias: hasBias ? FloatBuffer(biases.map { $0 * biasScale }) : nil)
    }

    /// One of several experts.
    mutating func expert(
        _ number: Int, of experts: ExpertsSpec, layer: Int
    ) throws(ModelLoadError) -> DenseWeights {
        let length = spec.embeddingLength, hidden = experts.hiddenLength
        let counts = [ModelPart.expertGate: hidden, .expertUp: hidden, .expertDown: length]
        func matrix(
            _ reader: inout TensorReader, _ part: ModelPart, _ inputs: Int
        ) throws(ModelLoadError) -> TensorReader.Rows {
            try reader.expert(
                part, layer: layer, number: number, count: experts.count, inputCount: inputs, counts: counts)
        }
        let gate = try matrix(&reader, .expertGate, length)
        let up = try matrix(&reader, .expertUp, length)
        let down = try matrix(&reader, .expertDown, hidden)
        return DenseWeights(
            spec: DenseSpec(hiddenLength: hidden, activation: experts.activation, isGated: true),
            expand: ProjectionWeights(
                matrix: try packed([gate, up], inputCount: length, quantizingTo: options.quantization), bias: nil),
            contract: ProjectionWeights(
                matrix: try packed([down], inputCount: hidden, quantizingTo: options.quantization), bias: nil))
    }

    /// What a part's matrix of floats becomes; nil means that it stays as it is.
    private func format(of part: ModelPart) -> WeightFormat? {
        switch part {
        case .output, .embedding, .classifier: options.quantization?.ofLogits
        default: options.quantization
        }
    }

    /// Packs matrices with the same input below one another.
    ///
    /// - Parameters:
    ///   - format: What matrices of floats become; nil leaves them as they are.
    ///   - keepsPages: Whether the source's bytes will be read again.
    private mutating func packed(
        _ rows: [TensorReader.Rows], inputCount: Int, quantizingTo format: WeightFormat?, keepsPages: Bool = false
    ) throws(ModelLoadError) -> PackedMatrix {
        let matrix: PackedMatrix
        do {
            matrix = try withExtendedLifetime(rows) { () throws(KernelError) in
                try PackedMatrix(
                    stacking: rows.map(\.source), quantizingTo: format,
                    columnCount: inputCount, kernels: options.kernels, pool: options.pool, arena: arena)
            }
        } catch {
            throw .kernels(error)
        }
        if !keepsPages { rows.forEach { $0.tensor.releasePages() } }
        byteCount += matrix.byteCount
        return matrix
    }
}
