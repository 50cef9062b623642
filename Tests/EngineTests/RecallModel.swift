import Dispatch
import Transformer

/// A stand-in for a Transformer whose "cache" holds the tokens themselves.
///
/// Each row's logits depend on every token that the block table leads to, so a block given to two sequences, freed too
/// early or left out changes the output.
final class RecallModel: StepModel {
    let vocabularySize = 97
    let embeddingLength = 8
    let classCount = 0
    let needsCache = true
    let contextLength: Int
    let blockLength = 4
    let blockCount: Int
    private var cache: [Int32]
    private var logits: [Float] = []
    private(set) var largestBatch = 0
    private(set) var stepCount = 0
    var failsAtStep: Int?
    /// The first step waits for it, so that a test can do what must happen before any sequence ends.
    var gate: DispatchSemaphore?
    /// Called with each step's segments before they are computed.
    var willStep: (([Segment]) -> Void)?
    /// From this step on all logits are not-a-number, as damaged weights make them.
    var losesNumbersAtStep: Int?

    /// Rows then depend on the last eight positions only, so that long contexts cost a test little.
    private let isShallow: Bool

    init(contextLength: Int, blockCount: Int, isShallow: Bool = false) {
        self.isShallow = isShallow
        self.contextLength = contextLength
        self.blockCount = blockCount
        cache = Array(repeating: -1, count: blockCount * blockLength)
    }

    struct Failure: Error {}

    func step(_ segments: [Segment]) throws -> StepOutput {
        stepCount += 1
        if stepCount == 1 { gate?.wait() }
        willStep?(segments)
        if stepCount == failsAtStep { throw Failure() }
        largestBatch = max(largestBatch, segments.count)
        logits = []
        for segment in segments {
            for (offset, token) in segment.tokens.enumerated() {
                cache[slot(segment, segment.firstPosition + offset)] = token
            }
            let count = segment.tokens.count
            let rows = segment.outputs.firstRow(of: count)..<count
            for offset in rows {
                let last = segment.firstPosition + offset
                let history = ((isShallow ? max(0, last - 7) : 0)...last).map { cache[slot(segment, $0)] }
                let isLost = losesNumbersAtStep.map { $0 <= stepCount } ?? false
                logits +=
                    isLost
                    ? Array(repeating: .nan, count: vocabularySize)
                    : Self.row(after: history, vocabularySize: vocabularySize)
            }
        }
        let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: logits.count)
        _ = copy.initialize(from: logits)
        lastStep?.deallocate()
        lastStep = copy
        return StepOutput(logits: UnsafeBufferPointer(copy))
    }

    private var lastStep: UnsafeMutableBufferPointer<Float>?

    deinit { lastStep?.deallocate() }

    private func slot(_ segment: Segment, _ position: Int) -> Int {
        Int(segment.blockTable[position / blockLength]) * blockLength + position % blockLength
    }

    func copyBlock(from source: Int32, to destination: Int32) {
        for offset in 0..<blockLength {
            cache[Int(destination) * blockLength + offset] = cache[Int(source) * blockLength + offset]
        }
    }

    /// Logits that favour one token, chosen by all tokens so far.
    static func row(after history: [Int32], vocabularySize: Int) -> [Float] {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for token in history { hash = (hash ^ UInt64(bitPattern: Int64(token))) &* 0x100_0000_01B3 }
        return (0..<vocabularySize).map { index in
            Float((hash &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15) >> 40) * 0x1p-21
        }
    }

    /// What greedy decoding gives a sequence that runs alone.
    static func greedy(_ prompt: [Int32], count: Int, vocabularySize: Int = 97) -> [Int32] {
        var tokens = prompt
        for _ in 0..<count {
            let row = row(after: tokens, vocabularySize: vocabularySize)
            tokens.append(Int32(row.firstIndex(of: row.max()!)!))
        }
        return Array(tokens.dropFirst(prompt.count))
    }
}

extension OutputRows {
    fileprivate func firstRow(of count: Int) -> Int {
        switch self {
        case .none: count
        case .last: count - 1
        case .all: 0
        case .rows, .pooled, .classes: preconditionFailure("completions alone are asked for")
        }
    }
}
