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
        apply(output, input, elements: 0..<weight.count, kernels: kernels)
    }

    /// Norms a row that some of the weights are for, a row of its own.
    func apply(
        _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, elements: Range<Int>,
        kernels: FloatKernels
    ) {
        let weight = weight.pointer + elements.lowerBound
        switch spec.kind {
        case .rootMeanSquare:
            kernels.rmsNorm(output, input, weight: weight, count: elements.count, epsilon: spec.epsilon)
        case .layer:
            kernels.layerNorm(
                output, input, weight: weight, bias: bias.map { UnsafePointer($0.pointer + elements.lowerBound) },
                count: elements.count, epsilon: spec.epsilon)
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
    let isParallel: Bool
    let residualScale: Float
}

/// The norms around a mixer or a feed-forward `f`, each of which may be missing: `sum(x + output(f(input(x))))`.
struct BlockNorms {
    let input: NormWeights?
    let output: NormWeights?
    let sum: NormWeights?
}

struct AttentionWeights {
    let spec: AttentionSpec
    let norms: BlockNorms
    /// Queries, keys and values in one product: `[queryLength + 2 * keyLength]` outputs.
    let input: ProjectionWeights
    let queryNorm: NormWeights?
    let keyNorm: NormWeights?
    let output: ProjectionWeights
    let rope: Rope?
    /// ALiBi's slope for each head.
    let slopes: FloatBuffer?
    let distanceBiases: DistanceBiases?

    /// Whether queries, keys and values are more than their product.
    var changesProjection: Bool { rope != nil || queryNorm != nil || keyNorm != nil || spec.clamp != nil }

    struct Rope {
        let spec: RopeSpec
        /// Where its angles are in a row of ``StepBuffers/angles``.
        let angleOffset: Int
    }
}

struct FeedForwardWeights {
    let norms: BlockNorms
    let kind: Kind

    enum Kind {
        case dense(DenseWeights)
        case experts(ExpertsWeights)
    }
}

struct DenseWeights {
    let spec: DenseSpec
    /// Gate and up in one product, gate first; or up alone.
    let expand: ProjectionWeights
    let contract: ProjectionWeights
}

struct ExpertsWeights {
    let spec: ExpertsSpec
    /// A row of logits, and after it that of the shared expert's gate if there is one.
    let router: ProjectionWeights
    let experts: [DenseWeights]
    let shared: DenseWeights?
}

struct HeadWeights {
    let spec: HeadSpec
    let transform: Transform?
    let output: ProjectionWeights

    struct Transform {
        let projection: ProjectionWeights
        let activation: Activation?
        let norm: NormWeights?
    }
}
