import Glibc
import Kernels
import ModelFiles

extension WeightBinder {
    mutating func embedding(_ embedding: EmbeddingSpec) throws(ModelLoadError) -> EmbeddingWeights {
        let length = spec.embeddingLength
        let tokens = try reader.table(.embedding, rowLength: embedding.length, rowCount: spec.vocabularySize)
        var projection: ProjectionWeights?
        if embedding.length != length || embedding.projectsLast {
            projection = try self.projection(
                [.embeddingProjection: length], inputCount: embedding.length,
                hasBias: reader.map.has(.embeddingProjection, .bias))
        }
        let sumLength = embedding.projectsLast ? embedding.length : length
        var positions: FloatBuffer?
        if let spec = embedding.positions {
            let rows = try reader.table(.positions, rowLength: sumLength, rowCount: spec.count).floats()
            positions = FloatBuffer(Array(rows.dropFirst(spec.offset * sumLength)))
        }
        var types: FloatBuffer?
        if embedding.typeCount > 0 {
            types = FloatBuffer(
                try reader.table(.tokenTypes, rowLength: sumLength, rowCount: embedding.typeCount).floats())
        }
        return EmbeddingWeights(
            spec: embedding, tokens: try EmbeddingTable(tokens), projection: projection, positions: positions,
            types: types, norm: try norm(.embeddingNorm, embedding.norm, count: sumLength))
    }

    mutating func layer(_ index: Int, _ layer: LayerSpec) throws(ModelLoadError) -> LayerWeights {
        switch layer.mixer {
        case .attention(let attention):
            let attention = try self.attention(index, attention, layer)
            return LayerWeights(
                attention: attention, feedForward: try feedForward(index, layer, mixerNorm: attention.norms.input),
                isParallel: layer.normPlacement.isParallel, residualScale: layer.residualScale)
        }
    }

    mutating func head(_ head: HeadSpec?) throws(ModelLoadError) -> HeadWeights? {
        guard let head else { return nil }
        var length = spec.embeddingLength
        var transform: HeadWeights.Transform?
        var parts = (transform: ModelPart.headTransform, norm: ModelPart.headNorm)
        if case .labels = head.output { parts = (.classifierTransform, .classifierNorm) }
        if let spec = head.transform {
            transform = HeadWeights.Transform(
                projection: try projection(
                    [parts.transform: spec.length], inputCount: length, hasBias: spec.hasBias),
                activation: spec.activation, norm: try norm(parts.norm, spec.norm, count: spec.length))
            length = spec.length
        }
        let output: ProjectionWeights
        switch head.output {
        case .tokens(let isTied):
            let matrix = try projection(
                [isTied ? .embedding : .output: spec.vocabularySize], inputCount: length, hasBias: false,
                keepsPages: isTied
            ).matrix
            var bias: FloatBuffer?
            if head.hasBias {
                let counts = [ModelPart.output: spec.vocabularySize]
                bias = FloatBuffer(try reader.vector(.output, layer: nil, .bias, counts: counts))
            }
            output = ProjectionWeights(matrix: matrix, bias: bias)
        case .labels(let count, _):
            output = try projection([.classifier: count], inputCount: length, hasBias: head.hasBias)
        }
        return HeadWeights(spec: head, transform: transform, output: output)
    }

    private mutating func attention(
        _ index: Int, _ spec: AttentionSpec, _ layer: LayerSpec
    ) throws(ModelLoadError) -> AttentionWeights {
        let norms = BlockNorms(
            input: layer.normsMixerInput ? try inputNorm(.attentionNorm, index, layer) : nil,
            output: try outputNorm(.attentionOutputNorm, index, layer),
            sum: try sumNorm(.attentionSumNorm, index, layer))
        return AttentionWeights(
            spec: spec, norms: norms,
            input: try projection(
                [.query: spec.queryLength, .key: spec.keyLength, .value: spec.keyLength], layer: index,
                inputCount: self.spec.embeddingLength, hasBias: spec.hasInputBias,
                groupCount: spec.keyValueHeadCount),
            queryNorm: try headNorm(.queryNorm, index, spec, headCount: spec.headCount),
            keyNorm: try headNorm(.keyNorm, index, spec, headCount: spec.keyValueHeadCount),
            output: try projection(
                [.attentionOutput: self.spec.embeddingLength], layer: index, inputCount: spec.queryLength,
                hasBias: spec.hasOutputBias, biasScale: layer.residualScale),
            rope: rope(of: spec),
            slopes: Self.slopes(of: spec), distanceBiases: try distanceBiases(of: spec))
    }

    private mutating func feedForward(
        _ index: Int, _ layer: LayerSpec, mixerNorm: NormWeights?
    ) throws(ModelLoadError) -> FeedForwardWeights {
        let sharesNorm = layer.normPlacement == .parallel(sharesNorm: true)
        let norms = BlockNorms(
            input: sharesNorm ? mixerNorm : try inputNorm(.feedForwardNorm, index, layer),
            output: try outputNorm(.feedForwardOutputNorm, index, layer),
            sum: try sumNorm(.feedForwardSumNorm, index, layer))
        let kind: FeedForwardWeights.Kind
        switch layer.feedForward {
        case .dense(let dense):
            kind = .dense(
                try self.dense(
                    dense, (.gate, .up, .down), index, residualScale: layer.residualScale))
        case .experts(let experts): kind = .experts(try self.experts(experts, index, layer))
        }
        return FeedForwardWeights(norms: norms, kind: kind)
    }

    private mutating func dense(
        _ dense: DenseSpec, _ parts: (gate: ModelPart, up: ModelPart, down: ModelPart), _ index: Int,
        residualScale: Float
    ) throws(ModelLoadError) -> DenseWeights {
        let hidden = dense.hiddenLength
        let outputs: KeyValuePairs<ModelPart, Int> =
            dense.isGated ? [parts.gate: hidden, parts.up: hidden] : [parts.up: hidden]
        return DenseWeights(
            spec: dense,
            expand: try projection(
                outputs, layer: index, inputCount: spec.embeddingLength, hasBias: dense.hasInputBias),
            contract: try projection(
                [parts.down: spec.embeddingLength], layer: index, inputCount: hidden, hasBias: dense.hasOutputBias,
                biasScale: residualScale))
    }

    private mutating func experts(
        _ experts: ExpertsSpec, _ index: Int, _ layer: LayerSpec
    ) throws(ModelLoadError) -> ExpertsWeights {
        let outputs: KeyValuePairs<ModelPart, Int> =
            experts.gatesShared ? [.router: experts.count, .sharedRouter: 1] : [.router: experts.count]
        // Which experts a row goes to must not hang on a rounding.
        let router = try projection(
            outputs, layer: index, inputCount: spec.embeddingLength, hasBias: false, keepsPrecision: true)
        var weights: [DenseWeights] = []
        for number in 0..<experts.count { weights.append(try expert(number, of: experts, layer: index)) }
        var shared: DenseWeights?
        if let spec = experts.shared {
            shared = try dense(spec, (.sharedGate, .sharedUp, .sharedDown), index, residualScale: layer.residualScale)
        }
        return ExpertsWeights(spec: experts, router: router, experts: weights, shared: shared)
    }

    private mutating func inputNorm(
        _ part: ModelPart, _ index: Int, _ layer: LayerSpec
    ) throws(ModelLoadError) -> NormWeights? {
        guard layer.normPlacement.hasInputNorm else { return nil }
        return try norm(part, layer: index, layer.norm, count: spec.embeddingLength)
    }

    private mutating func outputNorm(
        _ part: ModelPart, _ index: Int, _ layer: LayerSpec
    ) throws(ModelLoadError) -> NormWeights? {
        guard layer.normPlacement == .around || layer.normPlacement == .within else { return nil }
        return try norm(part, layer: index, layer.norm, count: spec.embeddingLength)
    }

    private mutating func sumNorm(
        _ part: ModelPart, _ index: Int, _ layer: LayerSpec
    ) throws(ModelLoadError) -> NormWeights? {
        guard layer.normPlacement == .after else { return nil }
        return try norm(part, layer: index, layer.norm, count: spec.embeddingLength)
    }

    private mutating func headNorm(
        _ part: ModelPart, _ index: Int, _ spec: AttentionSpec, headCount: Int
    ) throws(ModelLoadError) -> NormWeights? {
        guard let norm = spec.queryKeyNorm else { return nil }
        switch norm.span {
        case .head: return try self.norm(part, layer: index, norm.norm, count: spec.headLength)
        case .allHeads: return try self.norm(part, layer: index, norm.norm, count: headCount * spec.headLength)
        case .eachHead:
            let weight = try reader.vectors(part, layer: index, count: headCount, length: spec.headLength)
            return NormWeights(spec: norm.norm, weight: FloatBuffer(weight), bias: nil)
        }
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
        guard case .alibi(let maximumBias, let scale) = spec.position else { return nil }
        let powerOfTwo = 1 << (Int.bitWidth - 1 - spec.headCount.leadingZeroBitCount)
        return FloatBuffer(
            (0..<spec.headCount).map { head in
                let exponent =
                    head < powerOfTwo
                    ? Float(head + 1) / Float(powerOfTwo)
                    : Float(2 * (head - powerOfTwo) + 1) / Float(2 * powerOfTwo)
                return Float(pow(2, Double(-maximumBias * exponent))) * scale
            })
    }
}
