import Transformer

/// A stand-in for a Transformer that takes a fixed time for each token and each step, on a clock of its own.
final class SteppingModel: StepModel {
    let vocabularySize = 50
    let embeddingLength = 1
    let classCount = 0
    let needsCache = true
    let contextLength: Int
    let blockLength = 32
    let blockCount = 4096
    /// Seconds of the clock.
    private(set) var time = 0.0
    private(set) var steps: [[Segment]] = []
    /// The positions that have keys and values, by block.
    private var filled: Set<Int> = []
    private(set) var readUnfilled = false
    var secondsPerToken = 0.001
    var secondsPerStep = 0.01
    private let logits = UnsafeMutableBufferPointer<Float>.allocate(capacity: 50)

    init(contextLength: Int = 1 << 20) {
        self.contextLength = contextLength
        logits.initialize(repeating: 0)
    }

    deinit { logits.deallocate() }

    func step(_ segments: [Segment]) -> StepOutput {
        steps.append(segments)
        for segment in segments {
            for position in 0..<segment.firstPosition where !filled.contains(slot(segment, position)) {
                readUnfilled = true
            }
            for offset in segment.tokens.indices { filled.insert(slot(segment, segment.firstPosition + offset)) }
            time += secondsPerToken * Double(segment.tokens.count)
        }
        time += secondsPerStep
        return StepOutput(logits: UnsafeBufferPointer(logits))
    }

    private func slot(_ segment: Segment, _ position: Int) -> Int {
        Int(segment.blockTable[position / blockLength]) * blockLength + position % blockLength
    }

    func copyBlock(from source: Int32, to destination: Int32) {}
}
