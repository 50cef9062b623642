import Kernels

/// The memory of a step: grown to the largest step so far, then reused, so that a step allocates nothing.
///
/// Buffers of rows have one row for each row of the plan.
final class StepBuffers {
    /// `[rows][embeddingLength]`: the hidden state.
    let hidden = FloatBuffer()
    /// `[rows][widest projection]`: what a matrix product gives: queries, keys and values, or gate and up.
    let projected = FloatBuffer()
    /// `[rows][queryLength]`: what attention gives.
    let mixed = FloatBuffer()
    /// `[rows][angles of all distinct rotations]`
    let angles = FloatBuffer()
    /// `[output rows][terms][vocabularySize]`
    let logits = FloatBuffer()
    /// Partial results of split attention.
    let partials = FloatBuffer()
    /// The input of a matrix product in the form that the product takes.
    private(set) var activations: ActivationBuffer

    /// Floats of one row of each.
    let sizes: Sizes
    private let kernels: KernelTable
    private let rowScratch: FloatBuffer
    private let attentionScratch: FloatBuffer

    struct Sizes {
        var embedding = 0
        var projected = 0
        var mixed = 0
        var angles = 0
        var vocabulary = 0
        /// The longest row that goes into a matrix product.
        var longestInput = 0
        /// Floats of one worker's attention workspace.
        var workspace = 0

        init(_ spec: ModelSpec, ropes: [RopeSpec]) {
            embedding = spec.embeddingLength
            vocabulary = spec.vocabularySize
            longestInput = spec.embeddingLength
            angles = ropes.reduce(0) { $0 + FloatKernels.ropeAngleCount(dimensionCount: $1.dimensionCount) }
            for layer in spec.layers {
                switch layer.mixer {
                case .attention(let attention):
                    mixed = max(mixed, attention.queryLength)
                    projected = max(projected, attention.queryLength + 2 * attention.keyLength)
                    workspace = max(workspace, attention.tileShape.workspaceFloatCount)
                }
                projected = max(projected, layer.feedForward.expandedLength, spec.embeddingLength)
                longestInput = max(longestInput, mixed, layer.feedForward.hiddenLength)
            }
            workspace = workspace.dividedRoundingUp(by: 16) * 16
        }
    }

    init(sizes: Sizes, workerCount: Int, kernels: KernelTable) throws(KernelError) {
        self.sizes = sizes
        self.kernels = kernels
        activations = try Self.activations(rowCount: 1, sizes: sizes, kernels: kernels)
        rowScratch = FloatBuffer(count: workerCount * sizes.longestInput)
        attentionScratch = FloatBuffer(count: workerCount * sizes.workspace)
    }

    /// - Parameter outputRowCount: rows that go through the output matrix, each term of a row counted.
    func reserve(rowCount: Int, outputRowCount: Int) throws(KernelError) {
        let largest = max(rowCount, outputRowCount)
        if largest > activations.rowCapacity {
            let rowCapacity = max(largest, activations.rowCapacity * 3 / 2)
            activations = try Self.activations(rowCount: rowCapacity, sizes: sizes, kernels: kernels)
        }
        hidden.reserve(rowCount * sizes.embedding)
        projected.reserve(rowCount * sizes.projected)
        mixed.reserve(rowCount * sizes.mixed)
        angles.reserve(rowCount * sizes.angles)
        logits.reserve(outputRowCount * sizes.vocabulary)
    }

    private static func activations(
        rowCount: Int, sizes: Sizes, kernels: KernelTable
    ) throws(KernelError) -> ActivationBuffer {
        try ActivationBuffer(rowCapacity: rowCount, columnCapacity: sizes.longestInput, kernels: kernels)
    }

    /// One worker's memory for one row.
    func row(worker: Int) -> UnsafeMutablePointer<Float> { rowScratch.pointer + worker * sizes.longestInput }

    /// One worker's memory for one tile of attention.
    func workspace(worker: Int) -> UnsafeMutablePointer<Float> {
        attentionScratch.pointer + worker * sizes.workspace
    }
}

extension AttentionSpec {
    /// What the kernels need to know of this layer.
    var tileShape: AttentionTile.Shape {
        AttentionTile.Shape(
            groupSize: groupSize, headLength: headLength, isCausal: mask == .causal, window: window, scale: scale,
            softCap: softCap)
    }
}

extension FeedForwardSpec {
    /// Outputs of the first product: gate and up, or up alone.
    var expandedLength: Int {
        switch self {
        case .gated: 2 * hiddenLength
        case .plain: hiddenLength
        }
    }
}
