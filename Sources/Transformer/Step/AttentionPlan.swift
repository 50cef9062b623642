import Kernels

/// How attention over some rows of a step is cut into units of work.
struct AttentionPlan {
    /// Consecutive rows of one segment that are computed together.
    struct Tile {
        var segment: Int
        var firstRow: Int
        var rowCount: Int
        /// One past the position of its last row.
        var end: Int
    }

    /// Some ranges of positions of one tile, when few tiles with long contexts are split among the workers.
    struct SplitUnit {
        var tile: Int
        var ranges: Range<Int>
    }

    /// The tiles, those with the longest contexts first, so that no worker starts a long one last.
    private(set) var tiles: [Tile] = []
    /// Pairs of a query and a key over all tiles, which is what attention costs.
    private(set) var scoreCount = 0
    /// Not empty when the tiles are to be split; in order of tiles, then ranges.
    private(set) var splitUnits: [SplitUnit] = []
    /// The first partial result of each tile, and their number at the end. Each has one for each key-value head.
    private(set) var partialOffsets: [Int] = []

    /// Ranges of all tiles, for which partial results need memory.
    var partialCount: Int { partialOffsets.last ?? 0 }

    mutating func removeAll() {
        scoreCount = 0
        tiles.removeAll(keepingCapacity: true)
        splitUnits.removeAll(keepingCapacity: true)
        partialOffsets.removeAll(keepingCapacity: true)
    }

    /// Adds consecutive rows of a segment.
    ///
    /// - Parameters:
    ///   - firstPosition: Of the first of the rows.
    ///   - tileLength: The most rows of a tile.
    mutating func append(segment: Int, rows: Range<Int>, firstPosition: Int, tileLength: Int) {
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: tileLength) {
            let count = min(tileLength, rows.upperBound - first)
            let end = firstPosition + first + count - rows.lowerBound
            tiles.append(Tile(segment: segment, firstRow: first, rowCount: count, end: end))
        }
        scoreCount += rows.count * (firstPosition + rows.count)
    }

    /// Sorts the tiles, and splits them if there are fewer than `unitTarget`.
    ///
    /// - Parameter lengths: One past the last position of each segment.
    mutating func finish(lengths: [Int], unitTarget: Int) {
        tiles.sort { $0.end > $1.end }
        func rangeCount(_ tile: Tile) -> Int { lengths[tile.segment].dividedRoundingUp(by: AttentionTile.rangeLength) }
        guard tiles.count < unitTarget, tiles.contains(where: { rangeCount($0) > 1 }) else { return }
        // The kernel fetches the next range while it computes one, so several in a row are better than each by itself.
        let unitLength = max(1, min(8, tiles.reduce(0) { $0 + rangeCount($1) } / (2 * unitTarget)))
        var partialCount = 0
        for (index, tile) in tiles.enumerated() {
            partialOffsets.append(partialCount)
            let count = rangeCount(tile)
            partialCount += count
            for first in stride(from: 0, to: count, by: unitLength) {
                splitUnits.append(SplitUnit(tile: index, ranges: first..<min(first + unitLength, count)))
            }
        }
        partialOffsets.append(partialCount)
    }
}
