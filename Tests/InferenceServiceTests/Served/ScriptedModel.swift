import Synchronization
import Transformer

/// A stand-in for a Transformer that always wants the same token next, and may be told to misbehave.
///
/// It remembers every token that it was asked to compute, so that a test can see what a prompt became.
// SAFETY: the engine's thread alone calls it; what tests read is behind a lock, and the rest never changes.
final class ScriptedModel: StepModel, @unchecked Sendable {
    struct Failure: Error {}

    let vocabularySize: Int
    let embeddingLength = 1
    let classCount = 0
    let needsCache = true
    let contextLength = 8192
    let blockLength = 16
    let blockCount = 1024
    private let favourite: Int
    private let seen = Mutex<[Int32]>([])
    /// Called before each step with its number, from 1 on.
    private let willStep: @Sendable (Int) throws -> Void
    private var stepCount = 0
    private var rows = UnsafeMutableBufferPointer<Float>.allocate(capacity: 0)

    init(vocabularySize: Int, favourite: Int, willStep: @escaping @Sendable (Int) throws -> Void = { _ in }) {
        self.vocabularySize = vocabularySize
        self.favourite = favourite
        self.willStep = willStep
    }

    deinit { rows.deallocate() }

    /// Every token computed so far, in order.
    var computedTokens: [Int32] { seen.withLock { $0 } }

    func step(_ segments: [Segment]) throws -> StepOutput {
        stepCount += 1
        try willStep(stepCount)
        for segment in segments { seen.withLock { $0 += segment.tokens } }
        let count = segments.reduce(0) { $0 + $1.outputRowCount }
        rows.deallocate()
        rows = .allocate(capacity: count * vocabularySize)
        rows.initialize(repeating: 0)
        for row in 0..<count { rows[row * vocabularySize + favourite] = 20 }
        return StepOutput(logits: UnsafeBufferPointer(rows))
    }

    func copyBlock(from source: Int32, to destination: Int32) {}
}
