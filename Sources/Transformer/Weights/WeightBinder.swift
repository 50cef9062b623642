import Glibc
import Kernels
import ModelFiles

/// Binds the tensors of a file to the parts of a model, in the order in which they are asked for.
struct WeightBinder {
    var reader: TensorReader
    /// Bytes of the matrices packed so far.
    private(set) var byteCount = 0
    private let spec: ModelSpec
    private let options: ModelOptions
    private let ropes: [RopeSpec]
    private let arena = WeightArena()

    init(spec: ModelSpec, file: GGUFFile, options: ModelOptions, ropes: [RopeSpec]) {
        reader = TensorReader(file)
        self.spec = spec
        self.options = options
        self.ropes = ropes
    }

    /// Refuses tensors that are left over.
    mutating func finish() throws(ModelLoadError) {
        let usesFactors = ropes.contains { rope in
            if case .perPair = rope.scaling { true } else { false }
        }
        if usesFactors { reader.markUsed(TensorNames.ropeFactors) }
        try reader.finish()
    }

    mutating func layer(_ index: Int, _ layer: LayerSpec) throws(ModelLoadError) -> LayerWeights {
        switch layer.mixer {
        case .attention(let attention):
            LayerWeights(
                attention: try self.attention(index, attention, layer: layer),
                feedForward: try feedForward(index, layer))
        }
    }

    mutating func norm(_ name: String, _ spec: NormSpec, count: Int) throws(ModelLoadError) -> NormWeights {
        let weight = try reader.vector(name + ".weight", count: count)
        guard spec.kind == .layer(hasBias: true) else { return NormWeights(spec: spec, weight: weight, bias: nil) }
        return NormWeights(spec: spec, weight: weight, bias: try reader.vector(name + ".bias", count: count))
    }

    /// Packs matrices with the same input below one another.
    ///
    /// - Parameter keepsPages: Whether the file's bytes will be read again.
    mutating func packed(
        _ names: [String], outputCounts: [Int], inputCount: Int, keepsPages: Bool = false
    ) throws(ModelLoadError) -> PackedMatrix {
        var tensors: [StoredTensor] = []
        for (name, outputCount) in zip(names, outputCounts) {
            tensors.append(try reader.matrix(name, inputCount: inputCount, outputCount: outputCount))
        }
        let sources = tensors.map {
            WeightSource(format: $0.weightFormat, rowCount: $0.shape[1], bytes: $0.bytes)
        }
        let matrix: PackedMatrix
        do {
            // The reader's file keeps the sources' bytes alive.
            matrix = try PackedMatrix(
                stacking: sources, columnCount: inputCount, kernels: options.kernels, pool: options.pool,
                arena: arena)
        } catch {
            throw .kernels(error)
        }
        if !keepsPages { tensors.forEach { $0.releasePages() } }
        byteCount += matrix.byteCount
        return matrix
    }

    private mutating func attention(
        _ index: Int, _ spec: AttentionSpec, layer: LayerSpec
    ) throws(ModelLoadError) -> AttentionWeights {
        let outputCounts = [spec.queryLength, spec.keyLength, spec.keyLength]
        return AttentionWeights(
            spec: spec,
            norm: try layerNorm(index, .attentionNorm, layer.norm),
            outputNorm: try outputNorm(index, .attentionOutputNorm, layer),
            input: try projection(
                index, [.query, .key, .value], outputCounts: outputCounts, inputCount: self.spec.embeddingLength,
                hasBias: spec.hasInputBias),
            queryNorm: try headNorm(index, .queryNorm, spec),
            keyNorm: try headNorm(index, .keyNorm, spec),
            output: try projection(
                index, [.attentionOutput], outputCounts: [self.spec.embeddingLength], inputCount: spec.queryLength,
                hasBias: spec.hasOutputBias),
            rope: rope(of: spec),
            slopes: Self.slopes(of: spec))
    }

    private mutating func feedForward(_ index: Int, _ layer: LayerSpec) throws(ModelLoadError) -> FeedForwardWeights {
        let hiddenLength = layer.feedForward.hiddenLength
        let inputs: [TensorNames.LayerPart]
        let hasBias: Bool
        switch layer.feedForward {
        case .gated: (inputs, hasBias) = ([.gate, .up], false)
        case .plain(_, _, let bias): (inputs, hasBias) = ([.up], bias)
        }
        return FeedForwardWeights(
            spec: layer.feedForward,
            norm: try layerNorm(index, .feedForwardNorm, layer.norm),
            outputNorm: try outputNorm(index, .feedForwardOutputNorm, layer),
            expand: try projection(
                index, inputs, outputCounts: inputs.map { _ in hiddenLength }, inputCount: spec.embeddingLength,
                hasBias: hasBias),
            contract: try projection(
                index, [.down], outputCounts: [spec.embeddingLength], inputCount: hiddenLength, hasBias: hasBias))
    }

    private mutating func projection(
        _ index: Int, _ parts: [TensorNames.LayerPart], outputCounts: [Int], inputCount: Int, hasBias: Bool
    ) throws(ModelLoadError) -> ProjectionWeights {
        let names = parts.map { TensorNames.layer(index, $0) }
        let matrix = try packed(
            names.map { $0 + ".weight" }, outputCounts: outputCounts, inputCount: inputCount)
        guard hasBias else { return ProjectionWeights(matrix: matrix, bias: nil) }
        let bias = FloatBuffer(count: outputCounts.reduce(0, +))
        var offset = 0
        for (name, count) in zip(names, outputCounts) {
            let part = try reader.vector(name + ".bias", count: count)
            (bias.pointer + offset).update(from: part.pointer, count: count)
            offset += count
        }
        return ProjectionWeights(matrix: matrix, bias: bias)
    }

    private mutating func layerNorm(
        _ index: Int, _ part: TensorNames.LayerPart, _ norm: NormSpec
    ) throws(ModelLoadError) -> NormWeights {
        try self.norm(TensorNames.layer(index, part), norm, count: spec.embeddingLength)
    }

    private mutating func outputNorm(
        _ index: Int, _ part: TensorNames.LayerPart, _ layer: LayerSpec
    ) throws(ModelLoadError) -> NormWeights? {
        switch layer.normPlacement {
        case .before: nil
        case .around: try layerNorm(index, part, layer.norm)
        }
    }

    private mutating func headNorm(
        _ index: Int, _ part: TensorNames.LayerPart, _ spec: AttentionSpec
    ) throws(ModelLoadError) -> NormWeights? {
        guard let norm = spec.queryKeyNorm else { return nil }
        return try self.norm(TensorNames.layer(index, part), norm, count: spec.headLength)
    }

    /// The layer's rotation, and where its angles are in a row of angles.
    private func rope(of spec: AttentionSpec) -> AttentionWeights.Rope? {
        guard case .rope(let rope) = spec.position, let index = ropes.firstIndex(of: rope) else { return nil }
        let offset = ropes[..<index].reduce(0) {
            $0 + FloatKernels.ropeAngleCount(dimensionCount: $1.dimensionCount)
        }
        return AttentionWeights.Rope(spec: rope, angleOffset: offset)
    }

    /// ALiBi's slopes: a geometric sequence over the heads (Press et al., "Train Short, Test Long").
    ///
    /// When the number of heads isn't a power of two, the heads beyond it take every other slope of the sequence for
    /// twice as many.
    private static func slopes(of spec: AttentionSpec) -> FloatBuffer? {
        guard case .alibi(let maximumBias) = spec.position else { return nil }
        let powerOfTwo = 1 << (Int.bitWidth - 1 - spec.headCount.leadingZeroBitCount)
        return FloatBuffer(
            (0..<spec.headCount).map { head in
                let exponent =
                    head < powerOfTwo
                    ? Float(head + 1) / Float(powerOfTwo)
                    : Float(2 * (head - powerOfTwo) + 1) / Float(2 * powerOfTwo)
                return Float(pow(2, Double(-maximumBias * exponent)))
            })
    }
}
