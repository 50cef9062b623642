/// How one step's segments become rows and units of work: built once per step, used by every layer.
///
/// Row `r` of every buffer of the step is one token. Rows of a segment lie one after another, segments in order.
struct StepPlan {
    private(set) var rowCount = 0
    /// Of each row.
    private(set) var tokens: [Int32] = []
    private(set) var positions: [Int] = []
    private(set) var segmentOfRow: [Int] = []
    /// The rows whose logits are wanted, ascending.
    private(set) var outputRows: [Int] = []

    /// All block tables, one after another, and where each segment's begins.
    private(set) var blockTables: [Int32] = []
    private(set) var blockTableOffsets: [Int] = []
    /// One past the last position of each segment.
    private(set) var lengths: [Int] = []

    /// Attention of all rows, and of those in `outputRows` alone.
    private(set) var attention = AttentionPlan()
    private(set) var outputAttention = AttentionPlan()

    /// Replaces the plan, keeping its memory.
    ///
    /// - Parameters:
    ///   - segments: Checked segments.
    ///   - tileLength: The most rows of a tile.
    ///   - unitTarget: Split tiles when there are fewer than this.
    mutating func rebuild(_ segments: [Segment], tileLength: Int, unitTarget: Int) {
        removeAll()
        for (index, segment) in segments.enumerated() {
            let firstRow = rowCount
            rowCount += segment.tokens.count
            tokens += segment.tokens
            positions += segment.firstPosition..<segment.firstPosition + segment.tokens.count
            segmentOfRow += repeatElement(index, count: segment.tokens.count)
            let firstOutput = segment.outputs.first(of: firstRow..<rowCount)
            outputRows += firstOutput..<rowCount
            blockTableOffsets.append(blockTables.count)
            blockTables += segment.blockTable
            lengths.append(segment.firstPosition + segment.tokens.count)
            attention.append(
                segment: index, rows: firstRow..<rowCount, firstPosition: segment.firstPosition,
                tileLength: tileLength)
            outputAttention.append(
                segment: index, rows: firstOutput..<rowCount,
                firstPosition: segment.firstPosition + firstOutput - firstRow, tileLength: tileLength)
        }
        attention.finish(lengths: lengths, unitTarget: unitTarget)
        outputAttention.finish(lengths: lengths, unitTarget: unitTarget)
    }

    private mutating func removeAll() {
        rowCount = 0
        tokens.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        segmentOfRow.removeAll(keepingCapacity: true)
        outputRows.removeAll(keepingCapacity: true)
        blockTables.removeAll(keepingCapacity: true)
        blockTableOffsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        attention.removeAll()
        outputAttention.removeAll()
    }

    /// Runs `body` with the block tables of all segments, see ``blockTableOffsets``.
    func withBlockTables(_ body: (UnsafePointer<Int32>) -> Void) {
        blockTables.withUnsafeBufferPointer { tables in
            // A checked segment has at least one block.
            guard let first = tables.baseAddress else { return }
            body(first)
        }
    }
}

extension OutputRows {
    /// The first of a segment's rows whose logits are wanted; all after it are wanted as well.
    fileprivate func first(of rows: Range<Int>) -> Int {
        switch self {
        case .none: rows.upperBound
        case .last: rows.upperBound - 1
        case .all: rows.lowerBound
        case .rows, .pooled, .classes: preconditionFailure("a checked segment does not ask for them")
        }
    }
}

extension Int {
    /// The quotient, rounded up. Both are positive.
    func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
