import Kernels
import ModelFiles

/// All weights of a model, bound to the tensors of a file and packed for the kernels.
struct ModelWeights {
    let embedding: EmbeddingTable
    let layers: [LayerWeights]
    let outputNorm: NormWeights
    let output: ProjectionWeights
    /// The distinct rotations of all layers.
    let ropes: [RopeSpec]
    /// Bytes of all packed matrices.
    let byteCount: Int

    /// Binds every tensor that `spec` names.
    ///
    /// - Throws: ``ModelLoadError`` when one is missing or has another shape, or when the file holds others.
    init(spec: ModelSpec, file: GGUFFile, options: ModelOptions) throws(ModelLoadError) {
        ropes = Self.distinctRopes(spec)
        var binder = WeightBinder(spec: spec, file: file, options: options, ropes: ropes)
        let embedding = try binder.reader.matrix(
            TensorNames.embedding, inputCount: spec.embeddingLength, outputCount: spec.vocabularySize)
        self.embedding = EmbeddingTable(embedding)
        var layers: [LayerWeights] = []
        for (index, layer) in spec.layers.enumerated() {
            layers.append(try binder.layer(index, layer))
        }
        self.layers = layers
        outputNorm = try binder.norm(TensorNames.outputNorm, spec.outputNorm, count: spec.embeddingLength)
        output = ProjectionWeights(
            matrix: try binder.packed(
                [spec.hasTiedOutput ? TensorNames.embedding : TensorNames.output],
                outputCounts: [spec.vocabularySize], inputCount: spec.embeddingLength,
                keepsPages: spec.hasTiedOutput),
            bias: nil)
        try binder.finish()
        byteCount = binder.byteCount
    }

    private static func distinctRopes(_ spec: ModelSpec) -> [RopeSpec] {
        var ropes: [RopeSpec] = []
        for layer in spec.layers {
            if case .attention(let attention) = layer.mixer, case .rope(let rope) = attention.position,
                !ropes.contains(rope)
            {
                ropes.append(rope)
            }
        }
        return ropes
    }
}
