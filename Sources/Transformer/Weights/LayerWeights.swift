import Kernels

/// A norm with its weights.
struct NormWeights {
    let spec: NormSpec
    let weight: FloatBuffer
    let bias: FloatBuffer?

    /// Norms one row; `output` may be `input`.
    func apply(
        _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, kernels: FloatKernels
    ) {
        let count = weight.count
        switch spec.kind {
        case .rootMeanSquare:
            kernels.rmsNorm(output, input, weight: weight.pointer, count: count, epsilon: spec.epsilon)
        case .layer:
            kernels.layerNorm(
                output, input, weight: weight.pointer, bias: bias.map { UnsafePointer($0.pointer) }, count: count,
                epsilon: spec.epsilon)
        }
    }
}

/// A matrix product with its optional bias.
struct ProjectionWeights {
    let matrix: PackedMatrix
    let bias: FloatBuffer?
}

/// The weights of one layer.
struct LayerWeights {
    let attention: AttentionWeights
    let feedForward: FeedForwardWeights
}

struct AttentionWeights {
    let spec: AttentionSpec
    let norm: NormWeights
    /// For ``NormPlacement/around``.
    let outputNorm: NormWeights?
    /// Queries, keys and values in one product: `[queryLength + 2 * keyLength]` outputs.
    let input: ProjectionWeights
    let queryNorm: NormWeights?
    let keyNorm: NormWeights?
    let output: ProjectionWeights
    let rope: Rope?
    /// ALiBi's slope for each head.
    let slopes: FloatBuffer?

    struct Rope {
        let spec: RopeSpec
        /// Where its angles are in a row of ``StepBuffers/angles``.
        let angleOffset: Int
    }
}

struct FeedForwardWeights {
    let spec: FeedForwardSpec
    let norm: NormWeights
    /// For ``NormPlacement/around``.
    let outputNorm: NormWeights?
    /// Gate and up in one product, gate first; or up alone.
    let expand: ProjectionWeights
    let contract: ProjectionWeights
}
