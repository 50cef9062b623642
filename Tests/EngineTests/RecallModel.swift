import Dispatch
import Transformer

/// A stand-in for a Transformer whose "cache" holds the tokens themselves.
///
/// Each row's logits depend on every token that the block table leads to, so a block given to two sequences, freed too
/// early or left out changes the output.
final class RecallModel: StepModel {
    let vocabularySize = 97
    let embeddingLength = 8
    let classCount = 3
    /// Without a cache only whole texts can be computed.
    let needsCache: Bool
    let contextLength: Int
    let blockLength = 4
    let blockCount: Int
    private var cache: [Int32]
    private var logits: [Float] = []
    private var pooled: [Float] = []
    private var classes: [Float] = []
    private(set) var largestBatch = 0
    private(set) var stepCount = 0
    var failsAtStep: Int?
    /// Longer texts leave other traces in the cache.
    var longTextLimit: Int?
    /// The first step waits for it, so that a test can do what must happen before any sequence ends.
    var gate: DispatchSemaphore?
    /// Called with each step's segments before they are computed.
    var willStep: (([Segment]) -> Void)?
    /// As if other models computed on the same threads.
    var lastTurn = StepTurn()
    /// From this step on all logits are not-a-number, as damaged weights make them.
    var losesNumbersAtStep: Int?

    /// Rows then depend on the last eight positions only, so that long contexts cost a test little.
    private let isShallow: Bool

    /// - Parameter blockCount: 0 makes a model without a cache.
    init(contextLength: Int, blockCount: Int, isShallow: Bool = false) {
        needsCache = blockCount > 0
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
        (logits, pooled, classes) = ([], [], [])
        // All are written before any is read: two segments that hold the same block spoil each other.
        if needsCache {
            for segment in segments {
                for (offset, token) in segment.tokens.enumerated() {
                    precondition(segment.isLong || segment.firstPosition + offset < longTextLimit ?? .max)
                    cache[slot(segment, segment.firstPosition + offset)] = Self.trace(of: token, segment.isLong)
                }
            }
        }
        for segment in segments { compute(segment) }
        lastStep.forEach { $0.deallocate() }
        lastStep = [logits, pooled, classes].map { rows in
            let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: rows.count)
            _ = copy.initialize(from: rows)
            return copy
        }
        let buffers = lastStep.map { UnsafeBufferPointer($0) }
        return StepOutput(logits: buffers[0], pooled: buffers[1], classes: buffers[2])
    }

    private func compute(_ segment: Segment) {
        let count = segment.tokens.count
        switch segment.outputs {
        case .none: break
        case .last: logits += row(after: count - 1, of: segment)
        case .all: for offset in 0..<count { logits += row(after: offset, of: segment) }
        case .rows(let offsets):
            // What stands in a gap depends on the whole text and the gap's place.
            for offset in offsets { logits += numbers(after: text(segment) + [Int32(offset)], count: vocabularySize) }
        case .pooled: pooled += numbers(after: text(segment), count: embeddingLength)
        case .classes: classes += numbers(after: text(segment), count: classCount)
        }
    }

    private func row(after offset: Int, of segment: Segment) -> [Float] {
        let last = segment.firstPosition + offset
        let history = ((isShallow ? max(0, last - 7) : 0)...last).map { cache[slot(segment, $0)] }
        return numbers(after: history, count: vocabularySize)
    }

    /// The tokens of a whole text, and their types.
    private func text(_ segment: Segment) -> [Int32] {
        precondition(segment.firstPosition == 0 && (needsCache || segment.blockTable.isEmpty), "a whole text")
        let tokens = needsCache ? segment.tokens.indices.map { cache[slot(segment, $0)] } : segment.tokens
        return tokens + segment.tokenTypes
    }

    private func numbers(after history: [Int32], count: Int) -> [Float] {
        if let losesNumbersAtStep, losesNumbersAtStep <= stepCount { return Array(repeating: .nan, count: count) }
        return Self.row(after: history, vocabularySize: count)
    }

    private var lastStep: [UnsafeMutableBufferPointer<Float>] = []

    deinit { lastStep.forEach { $0.deallocate() } }

    private func slot(_ segment: Segment, _ position: Int) -> Int {
        Int(segment.blockTable[position / blockLength]) * blockLength + position % blockLength
    }

    func copyBlock(from source: Int32, to destination: Int32) {
        for offset in 0..<blockLength {
            cache[Int(destination) * blockLength + offset] = cache[Int(source) * blockLength + offset]
        }
    }

    private static func trace(of token: Int32, _ isLong: Bool) -> Int32 { isLong ? ~token : token }

    /// Logits that favour one token, chosen by all tokens so far.
    static func row(after history: [Int32], vocabularySize: Int) -> [Float] {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for token in history { hash = (hash ^ UInt64(bitPattern: Int64(token))) &* 0x100_0000_01B3 }
        return (0..<vocabularySize).map { index in
            Float((hash &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15) >> 40) * 0x1p-21
        }
    }

    /// What greedy decoding gives a sequence that runs alone.
    static func greedy(
        _ prompt: [Int32], count: Int, vocabularySize: Int = 97, longTextLimit: Int = .max
    ) -> [Int32] {
        var tokens = prompt
        for _ in 0..<count {
            let history = tokens.map { trace(of: $0, tokens.count > longTextLimit) }
            let row = row(after: history, vocabularySize: vocabularySize)
            tokens.append(Int32(row.firstIndex(of: row.max()!)!))
        }
        return Array(tokens.dropFirst(prompt.count))
    }
}
