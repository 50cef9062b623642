import Kernels

/// The memory of a step in layers with experts, see ``StepBuffers``.
final class ExpertBuffers {
    /// `[rows][embeddingLength]`: the normed hidden state.
    let normed = FloatBuffer()
    /// `[rows][experts, and the shared expert's gate]`: the router's logits, then the weights.
    let routing = FloatBuffer()
    /// `[rows][used experts]`: the weights of the chosen experts.
    let choiceWeights = FloatBuffer()
    /// `[slots][embeddingLength]`: what the experts give.
    let outputs = FloatBuffer()
    /// The plan of each layer that has experts.
    let plans: [Int: ExpertPlan]
    /// `[rows][used experts]`: the chosen experts.
    private(set) var choices: UnsafeMutablePointer<Int32>
    /// The rows of all slots, as the input of the experts' two products.
    private(set) var inputs: ActivationBuffer
    private(set) var states: ActivationBuffer

    private let embeddingLength: Int
    private let specs: [ExpertsSpec]
    private let kernels: KernelTable
    private var choiceCapacity = 1

    init(_ sizes: StepBuffers.Sizes, _ kernels: KernelTable) throws(KernelError) {
        plans = sizes.experts.mapValues { _ in ExpertPlan() }
        specs = Array(sizes.experts.values)
        embeddingLength = sizes.embedding
        self.kernels = kernels
        choices = .allocate(capacity: 1)
        inputs = try Self.activations(rowCount: 1, columnCount: sizes.embedding, kernels)
        states = try Self.activations(rowCount: 1, columnCount: Self.hiddenLength(specs), kernels)
    }

    deinit { choices.deallocate() }

    func reserve(rowCount: Int) throws(KernelError) {
        let slotCount = specs.map { ExpertPlan.slotLimit(rowCount: rowCount, $0) }.max() ?? 0
        let choiceCount = rowCount * (specs.map(\.usedCount).max() ?? 0)
        normed.reserve(rowCount * embeddingLength)
        routing.reserve(rowCount * ((specs.map(\.count).max() ?? 0) + 1))
        choiceWeights.reserve(choiceCount)
        outputs.reserve(slotCount * embeddingLength)
        if slotCount > inputs.rowCapacity {
            let capacity = max(slotCount, inputs.rowCapacity * 3 / 2)
            inputs = try Self.activations(rowCount: capacity, columnCount: embeddingLength, kernels)
            states = try Self.activations(rowCount: capacity, columnCount: Self.hiddenLength(specs), kernels)
        }
        if choiceCount > choiceCapacity {
            choices.deallocate()
            choiceCapacity = max(choiceCount, choiceCapacity * 3 / 2)
            choices = .allocate(capacity: choiceCapacity)
        }
    }

    private static func hiddenLength(_ specs: [ExpertsSpec]) -> Int { specs.map(\.hiddenLength).max() ?? 1 }

    private static func activations(
        rowCount: Int, columnCount: Int, _ kernels: KernelTable
    ) throws(KernelError) -> ActivationBuffer {
        try ActivationBuffer(rowCapacity: rowCount, columnCapacity: columnCount, kernels: kernels)
    }
}
