import Kernels

/// How one step's segments become rows and units of work: built once per step, used by every layer.
///
/// Row `r` of every buffer of the step is one token. Rows of a segment lie one after another, segments in order.
struct StepPlan {
    /// Consecutive rows of one segment that attention computes together.
    struct Tile {
        var segment: Int
        var firstRow: Int
        var rowCount: Int
        /// One past the position of its last row.
        var end: Int
    }

    /// One range of positions of one tile, when few tiles with long contexts are split among the workers.
    struct SplitUnit {
        var tile: Int
        var range: Int
        /// Where its partial result goes: a whole number of partial results for each key-value head.
        var partial: Int
    }

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

    /// The tiles, those with the longest contexts first, so that no worker starts a long one last.
    private(set) var tiles: [Tile] = []
    /// Pairs of a query and a key over all tiles, which is what attention costs.
    private(set) var scoreCount = 0
    /// Not empty when the tiles are to be split; in order of tiles, then ranges.
    private(set) var splitUnits: [SplitUnit] = []
    /// The first partial result of each tile, and their number at the end.
    private(set) var partialOffsets: [Int] = []

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
            switch segment.outputs {
            case .none: break
            case .last: outputRows.append(rowCount - 1)
            case .all: outputRows += firstRow..<rowCount
            }
            blockTableOffsets.append(blockTables.count)
            blockTables += segment.blockTable
            lengths.append(segment.firstPosition + segment.tokens.count)
            for first in stride(from: firstRow, to: rowCount, by: tileLength) {
                let count = min(tileLength, rowCount - first)
                let end = segment.firstPosition + first + count - firstRow
                tiles.append(Tile(segment: index, firstRow: first, rowCount: count, end: end))
            }
            scoreCount += segment.tokens.count * (segment.firstPosition + segment.tokens.count)
        }
        tiles.sort { $0.end > $1.end }
        if tiles.count < unitTarget { split() }
    }

    private mutating func removeAll() {
        rowCount = 0
        scoreCount = 0
        tokens.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        segmentOfRow.removeAll(keepingCapacity: true)
        outputRows.removeAll(keepingCapacity: true)
        blockTables.removeAll(keepingCapacity: true)
        blockTableOffsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        tiles.removeAll(keepingCapacity: true)
        splitUnits.removeAll(keepingCapacity: true)
        partialOffsets.removeAll(keepingCapacity: true)
    }

    /// How many ranges of split attention the tile's context has.
    func rangeCount(of tile: Tile) -> Int { lengths[tile.segment].dividedRoundingUp(by: AttentionTile.rangeLength) }

    /// Runs `body` with the block tables of all segments, see ``blockTableOffsets``.
    func withBlockTables(_ body: (UnsafePointer<Int32>) -> Void) {
        blockTables.withUnsafeBufferPointer { tables in
            // A checked segment has at least one block.
            guard let first = tables.baseAddress else { return }
            body(first)
        }
    }

    private mutating func split() {
        guard tiles.contains(where: { rangeCount(of: $0) > 1 }) else { return }
        var partial = 0
        for (index, tile) in tiles.enumerated() {
            partialOffsets.append(partial)
            for range in 0..<rangeCount(of: tile) {
                splitUnits.append(SplitUnit(tile: index, range: range, partial: partial))
                partial += 1
            }
        }
        partialOffsets.append(partial)
    }
}

extension Int {
    /// The quotient, rounded up. Both are positive.
    func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
