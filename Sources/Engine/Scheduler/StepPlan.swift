import Transformer

/// What one step computes: first the copies of blocks, then the segments.
struct StepPlan {
    /// Of completions.
    var segments: [ScheduledSegment] = []
    /// Whole texts of pooling requests, after all segments.
    var texts: [ScheduledText] = []
    var copies: [BlockCopy] = []
    /// Segments that compute the newest token of a running completion.
    var decodeRows = 0
    /// Tokens of prompts and texts.
    var promptTokens = 0
    /// When several tenants decode in the interactive lane: how long the step would take if all decoded as few rows as the
    /// one with fewest.
    var equalSeconds: Double?
    /// Rows of logits that scoring chunks ask for.
    var scoredRows = 0

    var isEmpty: Bool { segments.isEmpty && texts.isEmpty }
    var tokenCount: Int { decodeRows + promptTokens }
}

/// A block that two sequences share, and that one of them is about to write to, is copied for it.
struct BlockCopy: Equatable {
    var source: Int32
    var destination: Int32
}

/// One text of a pooling request, whole.
struct ScheduledText {
    var sequence: Sequence
    var job: PoolingJob
    /// Its place among the request's texts.
    var index: Int
    /// For this step only; empty if the model has no cache.
    var blocks: [Int32]
    var isLong: Bool

    var tokenCount: Int { job.tokenCount(of: index) }

    var segment: Segment {
        var segment = job.segment(index, blockTable: blocks)
        segment.isLong = isLong
        return segment
    }
}

/// What one step computes for one completion.
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
            outputs: outputs, isLong: sequence.isLong)
    }
}
