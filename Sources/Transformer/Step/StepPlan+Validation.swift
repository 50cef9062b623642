extension StepPlan {
    /// Refuses segments that would read or write outside of the vocabulary or the cache.
    static func validate(
        _ segments: [Segment], vocabularySize: Int, contextLength: Int, blockCount: Int
    ) throws(StepError) {
        guard !segments.isEmpty else { throw .noSegments }
        for (index, segment) in segments.enumerated() {
            guard !segment.tokens.isEmpty else { throw .emptySegment(segment: index) }
            let first = segment.firstPosition
            guard first >= 0, first < contextLength, segment.tokens.count <= contextLength - first else {
                throw .positionOutOfRange(segment: index)
            }
            for token in segment.tokens where token < 0 || Int(token) >= vocabularySize {
                throw .tokenOutOfRange(segment: index, token: token)
            }
            switch segment.outputs {
            case .none, .last, .all: break
            case .rows, .pooled, .classes: throw .outputNotAvailable(segment: index)
            }
            let needed = KeyValueLayout.blockCount(forTokens: first + segment.tokens.count)
            guard segment.blockTable.count >= needed else {
                throw .blockTableTooShort(segment: index, needed: needed, found: segment.blockTable.count)
            }
            for block in segment.blockTable.prefix(needed) where block < 0 || Int(block) >= blockCount {
                throw .blockOutOfRange(segment: index, block: block)
            }
        }
    }
}
