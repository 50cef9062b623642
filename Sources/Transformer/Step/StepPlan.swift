/// How one step's segments become rows and units of work: built once per step, used by every layer.
///
/// Row `r` of every buffer of the step is one token. Rows of a segment lie one after another, segments in order.
struct StepPlan {
    private(set) var rowCount = 0
    /// Of each row.
    private(set) var tokens: [Int32] = []
    private(set) var types: [Int32] = []
    private(set) var positions: [Int] = []
    private(set) var segmentOfRow: [Int] = []
    /// Of each segment, see ``Segment/isLong``.
    private(set) var isLong: [Bool] = []
    /// The rows that something is made of after the last layer, ascending.
    private(set) var outputRows: [Int] = []
    /// Those whose logits are wanted, by their place in `outputRows`.
    private(set) var logitRows: [Int] = []
    /// The texts that are made into one vector each.
    private(set) var vectorPools: [Pool] = []
    /// The texts whose labels are scored.
    private(set) var scoredPools: [Pool] = []

    struct Pool {
        /// Places in `outputRows`.
        var rows: Range<Int>
        var pooling: Pooling
    }

    /// Rows that pooling makes: first those of ``vectorPools``, then those of ``scoredPools``.
    var poolCount: Int { vectorPools.count + scoredPools.count }

    func pool(_ index: Int) -> Pool {
        index < vectorPools.count ? vectorPools[index] : scoredPools[index - vectorPools.count]
    }

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
    ///   - needsCache: Whether segments have block tables. Attention of texts without is never split.
    ///   - scoredPooling: What makes a row of a text whose labels are scored.
    ///   - tileLength: The most rows of a tile.
    ///   - unitTarget: Split tiles when there are fewer than this.
    mutating func rebuild(
        _ segments: [Segment], needsCache: Bool = true, scoredPooling: Pooling = .first, tileLength: Int,
        unitTarget: Int
    ) {
        removeAll()
        for (index, segment) in segments.enumerated() {
            let rows = rowCount..<rowCount + segment.tokens.count
            rowCount = rows.upperBound
            tokens += segment.tokens
            types += segment.tokenTypes
            types += repeatElement(0, count: rowCount - types.count)
            positions += segment.firstPosition..<segment.firstPosition + rows.count
            segmentOfRow += repeatElement(index, count: rows.count)
            blockTableOffsets.append(blockTables.count)
            if needsCache { blockTables += segment.blockTable }
            lengths.append(segment.firstPosition + rows.count)
            isLong.append(segment.isLong)
            attention.append(
                segment: index, rows: rows, firstPosition: segment.firstPosition, tileLength: tileLength)
            let wanted = addOutputs(segment.outputs, rows: rows, scoredPooling: scoredPooling)
            for run in wanted {
                outputAttention.append(
                    segment: index, rows: run,
                    firstPosition: segment.firstPosition + run.lowerBound - rows.lowerBound, tileLength: tileLength)
            }
        }
        let unitTarget = needsCache ? unitTarget : 0
        attention.finish(lengths: lengths, unitTarget: unitTarget)
        outputAttention.finish(lengths: lengths, unitTarget: unitTarget)
    }

    /// Notes what a segment's rows become; returns those that are needed, as runs of neighbours.
    private mutating func addOutputs(
        _ outputs: OutputRows, rows: Range<Int>, scoredPooling: Pooling
    ) -> [Range<Int>] {
        var runs: [Range<Int>]
        switch outputs {
        case .none: runs = []
        case .last: runs = [rows.suffix(1)]
        case .all: runs = [rows]
        case .rows(let wanted): runs = wanted.map { rows.lowerBound + $0..<rows.lowerBound + $0 + 1 }
        case .pooled(let pooling): runs = [pooling.rows(of: rows)]
        case .classes: runs = [scoredPooling.rows(of: rows)]
        }
        let first = outputRows.count
        for run in runs { outputRows += run }
        let kept = first..<outputRows.count
        switch outputs {
        case .none, .last, .all, .rows: logitRows += kept
        case .pooled(let pooling): vectorPools.append(Pool(rows: kept, pooling: pooling))
        case .classes: scoredPools.append(Pool(rows: kept, pooling: scoredPooling))
        }
        return runs
    }

    private mutating func removeAll() {
        rowCount = 0
        types.removeAll(keepingCapacity: true)
        logitRows.removeAll(keepingCapacity: true)
        vectorPools.removeAll(keepingCapacity: true)
        scoredPools.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        segmentOfRow.removeAll(keepingCapacity: true)
        outputRows.removeAll(keepingCapacity: true)
        blockTables.removeAll(keepingCapacity: true)
        blockTableOffsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        isLong.removeAll(keepingCapacity: true)
        attention.removeAll()
        outputAttention.removeAll()
    }

    /// Runs `body` with the block tables of all segments, see ``blockTableOffsets``; nil for a model without a cache.
    func withBlockTables(_ body: (UnsafePointer<Int32>?) -> Void) {
        // A checked segment of a model with a cache has at least one block.
        blockTables.withUnsafeBufferPointer { body($0.isEmpty ? nil : $0.baseAddress) }
    }
}

extension Pooling {
    /// The rows of a text that are needed.
    fileprivate func rows(of text: Range<Int>) -> Range<Int> {
        switch self {
        case .mean, .max: text
        case .first: text.prefix(1)
        case .last: text.suffix(1)
        }
    }
}

extension Int {
    /// The quotient, rounded up. Both are positive.
    func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
