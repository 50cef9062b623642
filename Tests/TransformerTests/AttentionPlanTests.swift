import Kernels
import Testing

@testable import Transformer

@Suite struct AttentionPlanTests {
    private static func segment(_ count: Int, from first: Int = 0, _ outputs: OutputRows) -> Segment {
        Segment(
            tokens: Array(repeating: 1, count: count), firstPosition: first,
            blockTable: TransformerModel.blocks(0, first + count), outputs: outputs)
    }

    /// Mixed prompts, decoding sequences and scored texts, few and many, short and long.
    static let steps: [[Segment]] = [
        [segment(1, from: 8_000, .last)],
        [segment(1, .last)],
        [segment(700, .none)],
        [segment(40, from: 300, .all), segment(1, from: 5_000, .last), segment(20, .none), segment(17, .last)],
        (0..<32).map { segment(1, from: 150 * $0, .last) },
    ]

    private static func plan(_ segments: [Segment], unitTarget: Int) -> StepPlan {
        var plan = StepPlan()
        // What was there before must not show.
        plan.rebuild([segment(99, from: 999, .all), segment(1, .last)], tileLength: 4, unitTarget: 64)
        plan.rebuild(segments, tileLength: 16, unitTarget: unitTarget)
        return plan
    }

    @Test(arguments: steps, [2, 6, 64])
    func everyRowIsInOneTile(segments: [Segment], unitTarget: Int) {
        let plan = Self.plan(segments, unitTarget: unitTarget)
        for (attention, rows) in [(plan.attention, Array(0..<plan.rowCount)), (plan.outputAttention, plan.outputRows)] {
            let tiles = attention.tiles
            #expect(tiles.flatMap { $0.firstRow..<$0.firstRow + $0.rowCount }.sorted() == rows)
            #expect(zip(tiles, tiles.dropFirst()).allSatisfy { $0.end >= $1.end }, "the longest first")
            for tile in tiles {
                let last = tile.firstRow + tile.rowCount - 1
                #expect(tile.rowCount <= 16 && tile.end == plan.positions[last] + 1)
                #expect(plan.segmentOfRow[tile.firstRow] == tile.segment && plan.segmentOfRow[last] == tile.segment)
            }
        }
    }

    @Test(arguments: steps, [2, 6, 64])
    func unitsCoverEveryRangeOnce(segments: [Segment], unitTarget: Int) {
        let plan = Self.plan(segments, unitTarget: unitTarget)
        for attention in [plan.attention, plan.outputAttention] {
            let rangeCounts = attention.tiles.map {
                plan.lengths[$0.segment].dividedRoundingUp(by: AttentionTile.rangeLength)
            }
            let isSplit = attention.tiles.count < unitTarget && rangeCounts.contains { $0 > 1 }
            #expect(attention.splitUnits.isEmpty != isSplit)
            guard isSplit else {
                #expect(attention.partialCount == 0)
                continue
            }
            #expect(attention.partialCount == rangeCounts.reduce(0, +))
            for (tile, count) in rangeCounts.enumerated() {
                let units = attention.splitUnits.filter { $0.tile == tile }
                #expect(units.flatMap(\.ranges) == Array(0..<count))
                #expect(attention.partialOffsets[tile + 1] - attention.partialOffsets[tile] == count)
            }
        }
    }
}
