import Kernels
import ModelFiles

/// All weights of a model, bound to the tensors of its source and packed for the kernels.
struct ModelWeights {
    let embedding: EmbeddingWeights
    let layers: [LayerWeights]
    let outputNorm: NormWeights?
    let head: HeadWeights?
    /// The distinct rotations of all layers.
    let ropes: [RopeSpec]
    /// Bytes of all packed matrices.
    let byteCount: Int

    /// Binds every tensor that `spec` names.
    ///
    /// - Throws: ``ModelLoadError`` when one is missing or has another shape, or when the source holds others.
    init(spec: ModelSpec, map: TensorMap, options: ModelOptions) throws(ModelLoadError) {
        ropes = Self.distinctRopes(spec)
        var binder = WeightBinder(spec: spec, map: map, options: options, ropes: ropes)
        embedding = try binder.embedding(spec.embedding)
        var layers: [LayerWeights] = []
        for (index, layer) in spec.layers.enumerated() {
            let groupCount = spec.layerGroupCount ?? spec.layers.count
            let group = index * groupCount / spec.layers.count
            let isFirst = index == 0 || (index - 1) * groupCount / spec.layers.count != group
            layers.append(isFirst ? try binder.layer(group, layer) : layers[index - 1])
        }
        self.layers = layers
        outputNorm = try binder.norm(.outputNorm, spec.outputNorm, count: spec.embeddingLength)
        head = try binder.head(spec.head)
        try binder.finish()
        byteCount = binder.byteCount
    }

    private static func distinctRopes(_ spec: ModelSpec) -> [RopeSpec] {
        var ropes: [RopeSpec] = []
        for attention in spec.attentions {
            if case .rope(let rope) = attention.position, !ropes.contains(rope) { ropes.append(rope) }
        }
        return ropes
    }
}
