extension StepPlan {
    /// Refuses segments that would read or write outside of the model's tables or the cache.
    static func validate(
        _ segments: [Segment], spec: ModelSpec, contextLength: Int, longTextLimit: Int?, blockCount: Int
    ) throws(StepError) {
        guard !segments.isEmpty else { throw .noSegments }
        for (index, segment) in segments.enumerated() {
            guard !segment.tokens.isEmpty else { throw .emptySegment(segment: index) }
            let first = segment.firstPosition, end = spec.needsCache ? contextLength : 1
            guard first >= 0, first < end, segment.tokens.count <= contextLength - first else {
                throw .positionOutOfRange(segment: index)
            }
            guard segment.isLong || segment.tokens.count <= (longTextLimit ?? contextLength) - first else {
                throw .positionOutOfRange(segment: index)
            }
            for token in segment.tokens where token < 0 || Int(token) >= spec.vocabularySize {
                throw .tokenOutOfRange(segment: index, token: token)
            }
            try validateOutputs(segment, index, spec)
            try validateTypes(segment, index, spec)
            if spec.needsCache { try validateBlocks(segment, index, blockCount: blockCount) }
        }
    }

    private static func validateBlocks(_ segment: Segment, _ index: Int, blockCount: Int) throws(StepError) {
        let needed = KeyValueLayout.blockCount(forTokens: segment.firstPosition + segment.tokens.count)
        guard segment.blockTable.count >= needed else {
            throw .blockTableTooShort(segment: index, needed: needed, found: segment.blockTable.count)
        }
        for block in segment.blockTable.prefix(needed) where block < 0 || Int(block) >= blockCount {
            throw .blockOutOfRange(segment: index, block: block)
        }
    }

    private static func validateOutputs(_ segment: Segment, _ index: Int, _ spec: ModelSpec) throws(StepError) {
        let isSupported =
            switch (segment.outputs, spec.head?.output) {
            case (.none, _): true
            case (.last, .tokens), (.all, .tokens), (.rows, .tokens), (.classes, .labels): true
            case (.pooled, _): segment.firstPosition == 0
            default: false
            }
        guard isSupported else { throw .outputNotAvailable(segment: index) }
        guard case .rows(let rows) = segment.outputs else { return }
        guard rows.allSatisfy({ segment.tokens.indices.contains($0) }), zip(rows, rows.dropFirst()).allSatisfy(<) else {
            throw .outputRowOutOfRange(segment: index)
        }
    }

    private static func validateTypes(_ segment: Segment, _ index: Int, _ spec: ModelSpec) throws(StepError) {
        guard !segment.tokenTypes.isEmpty else { return }
        let isKnown = segment.tokenTypes.allSatisfy { $0 >= 0 && Int($0) < spec.embedding.typeCount }
        guard isKnown, segment.tokenTypes.count == segment.tokens.count else {
            throw .tokenTypesInvalid(segment: index)
        }
    }
}
