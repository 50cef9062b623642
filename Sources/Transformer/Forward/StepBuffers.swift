import Kernels

/// The memory of a step: grown to the largest step so far, then reused, so that a step allocates nothing.
///
/// Buffers of rows have one row for each row of the plan.
final class StepBuffers {
    /// `[rows][embeddingLength]`: the hidden state.
    let hidden = FloatBuffer()
    /// `[rows][widest projection]`: queries, keys and values, or a product that is normed before it is added.
    let projected = FloatBuffer()
    /// `[rows][queryLength]`: what attention gives.
    let mixed = FloatBuffer()
    /// `[rows][angles of all distinct rotations]`
    let angles = FloatBuffer()
    /// `[rows of logits][vocabularySize]`
    let logits = FloatBuffer()
    /// `[pooled texts][embeddingLength]`
    let pooled = FloatBuffer()
    /// `[scored texts][labels]`
    let classes = FloatBuffer()
    /// `[head rows][length]`: what comes out of a head's transform.
    let transformed = FloatBuffer()
    /// Partial results of split attention.
    let partials = FloatBuffer()
    /// The input of a matrix product in the form that the product takes.
    private(set) var activations: ActivationBuffer
    /// The same for a product whose input is made while `activations` are still read.
    private(set) var expanded: ActivationBuffer
    /// What layers with experts need; nil without any.
    private(set) var experts: ExpertBuffers?

    /// Floats of one row of each.
    let sizes: Sizes
    private let kernels: KernelTable
    private let scratch: [MemberScratch]

    struct Sizes {
        var embedding = 0
        var projected = 0
        var mixed = 0
        var angles = 0
        var vocabulary = 0
        /// The longest row that goes into a matrix product.
        var longestInput = 0
        /// The longest state between the two products of a feed-forward.
        var expanded = 0
        /// Floats of one member's attention workspace.
        var workspace = 0
        /// Scores of a text.
        var labels = 0
        /// A row between a head's two products.
        var transformed = 0
        /// Of each layer with experts.
        var experts: [Int: ExpertsSpec] = [:]

        init(_ spec: ModelSpec, cacheType: CacheType, ropes: [RopeSpec]) {
            embedding = spec.embeddingLength
            vocabulary = spec.vocabularySize
            projected = spec.embeddingLength
            longestInput = max(spec.embeddingLength, spec.embedding.length)
            angles = ropes.reduce(0) { $0 + FloatKernels.ropeAngleCount(dimensionCount: $1.dimensionCount) }
            for (index, layer) in spec.layers.enumerated() {
                switch layer.mixer {
                case .attention(let attention):
                    mixed = max(mixed, attention.queryLength)
                    projected = max(projected, attention.projectedLength)
                    workspace = max(workspace, attention.tileShape(cacheType).workspaceFloatCount)
                }
                longestInput = max(longestInput, mixed)
                switch layer.feedForward {
                case .dense(let dense): expanded = max(expanded, dense.hiddenLength)
                case .experts(let spec):
                    experts[index] = spec
                    expanded = max(expanded, spec.shared?.hiddenLength ?? 0)
                }
            }
            if case .labels(let count, _) = spec.head?.output { labels = count }
            transformed = spec.head?.transform?.length ?? 0
            longestInput = max(longestInput, transformed)
        }
    }

    init(sizes: Sizes, memberCount: Int, kernels: KernelTable) throws(KernelError) {
        self.sizes = sizes
        self.kernels = kernels
        activations = try Self.activations(rowCount: 1, columnCount: sizes.longestInput, kernels)
        expanded = try Self.activations(rowCount: 1, columnCount: max(1, sizes.expanded), kernels)
        if !sizes.experts.isEmpty { experts = try ExpertBuffers(sizes, kernels) }
        var scratch: [MemberScratch] = []
        for _ in 0..<memberCount { scratch.append(try MemberScratch(sizes, kernels)) }
        self.scratch = scratch
    }

    /// Makes room for a step.
    ///
    /// - Parameters:
    ///   - termCount: Rows of any product's input, each term of a row counted.
    func reserve(_ plan: StepPlan, termCount: Int) throws(KernelError) {
        let rowCount = plan.rowCount, headRowCount = plan.logitRows.count + plan.poolCount
        if termCount > activations.rowCapacity {
            let rowCapacity = max(termCount, activations.rowCapacity * 3 / 2)
            activations = try Self.activations(rowCount: rowCapacity, columnCount: sizes.longestInput, kernels)
            expanded = try Self.activations(rowCount: rowCapacity, columnCount: max(1, sizes.expanded), kernels)
        }
        hidden.reserve(rowCount * sizes.embedding)
        projected.reserve(rowCount * sizes.projected)
        mixed.reserve(rowCount * sizes.mixed)
        angles.reserve(rowCount * sizes.angles)
        logits.reserve(plan.logitRows.count * sizes.vocabulary)
        pooled.reserve(plan.poolCount * sizes.embedding)
        classes.reserve(plan.scoredPools.count * sizes.labels)
        transformed.reserve(headRowCount * sizes.transformed)
        try experts?.reserve(rowCount: rowCount)
    }

    private static func activations(
        rowCount: Int, columnCount: Int, _ kernels: KernelTable
    ) throws(KernelError) -> ActivationBuffer {
        try ActivationBuffer(rowCapacity: rowCount, columnCapacity: columnCount, kernels: kernels)
    }

    /// The memory that belongs to one member of the team alone.
    func scratch(of member: TeamMember) -> MemberScratch { scratch[member.number] }
}

/// What one member of the team computes with, by itself.
final class MemberScratch {
    /// One row.
    let row: FloatBuffer
    /// What attention gives for a single row.
    let mixed: FloatBuffer
    /// One tile of attention.
    let workspace: FloatBuffer
    /// Pieces of products.
    let pieces: FloatBuffer
    /// Queries and keys of a single row, rotated.
    let rotated: FloatBuffer
    /// A single row, in both terms, that each member prepares for itself.
    let activations: ActivationBuffer

    init(_ sizes: StepBuffers.Sizes, _ kernels: KernelTable) throws(KernelError) {
        row = FloatBuffer(count: sizes.longestInput)
        mixed = FloatBuffer(count: sizes.mixed)
        rotated = FloatBuffer(count: sizes.projected)
        workspace = FloatBuffer(count: sizes.workspace)
        pieces = FloatBuffer(count: ProductPiece.scratchCount(partCount: 2))
        activations = try ActivationBuffer(rowCapacity: 2, columnCapacity: sizes.longestInput, kernels: kernels)
    }
}

extension AttentionSpec {
    /// What the kernels need to know of this layer.
    func tileShape(_ cacheType: CacheType) -> AttentionTile.Shape {
        AttentionTile.Shape(
            groupSize: groupSize, headLength: headLength, isCausal: mask == .causal, window: window, scale: scale,
            softCap: softCap, cacheType: cacheType)
    }
}
