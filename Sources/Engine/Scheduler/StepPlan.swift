import Transformer

/// What one step computes for one sequence.
struct ScheduledSegment {
    var sequence: Sequence
    /// Positions `sequence.computedCount ..< sequence.computedCount + tokenCount`.
    var tokenCount: Int

    /// The sequence will have every token computed, so its last row predicts the next one.
    var reachesEnd: Bool { sequence.computedCount + tokenCount == sequence.tokens.count }

    var segment: Segment {
        let range = sequence.computedCount..<(sequence.computedCount + tokenCount)
        let outputs: OutputRows =
            if sequence.needsPromptRows { .all } else if reachesEnd { .last } else { .none }
        return Segment(
            tokens: Array(sequence.tokens[range]), firstPosition: range.lowerBound, blockTable: sequence.blocks,
            outputs: outputs)
    }
}
