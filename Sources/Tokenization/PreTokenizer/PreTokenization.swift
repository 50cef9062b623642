/// How normalised text is cut into the pieces that the model sees one at a time.
enum PreTokenization: Sendable {
    /// One pass over the text, which stays as it is.
    case scan(PreTokenizer)
    /// Steps that may also rewrite or leave out text.
    case steps([PreTokenizationStep])

    /// The text is one piece.
    static let none = PreTokenization.steps([])
}

/// A text and the pieces of it that are left, from left to right.
struct PieceList: Sendable {
    var text: [UInt8]
    var pieces: [Range<Int>]

    /// Whether nothing of the whole text stands before this part of it.
    var isBeginning: Bool

    /// Cuts every piece: `body` gets the text, a piece and an array to append the piece's parts to.
    mutating func cut(_ body: (borrowing Span<UInt8>, Range<Int>, inout [Range<Int>]) -> Void) {
        var parts: [Range<Int>] = []
        parts.reserveCapacity(pieces.count)
        for piece in pieces where !piece.isEmpty { body(text.span, piece, &parts) }
        pieces = parts
    }

    /// Rewrites every piece: `body` gets a piece, whether it begins the whole text, and an array to append to.
    mutating func rewrite(_ body: (borrowing Span<UInt8>, Range<Int>, Bool, inout [UInt8]) -> Void) {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(pieces.count)
        for piece in pieces where !piece.isEmpty {
            let start = output.count
            body(text.span, piece, isBeginning && piece.lowerBound == 0, &output)
            ranges.append(start..<output.count)
        }
        text = output
        pieces = ranges
    }
}

/// What becomes of the text that a rule cuts at.
enum DelimiterBehavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// A stretch of text and whether the rule cuts at it.
    typealias Segment = (range: Range<Int>, isDelimiter: Bool)

    /// Appends the parts of `piece`, given what a pattern matches in it, in order.
    ///
    /// - Parameter inverts: whether the delimiters are what lies between the matches.
    func append(_ matches: [Range<Int>], of piece: Range<Int>, inverts: Bool = false, to parts: inout [Range<Int>]) {
        var segments: [Segment] = []
        segments.reserveCapacity(matches.count * 2 + 1)
        var position = piece.lowerBound
        for match in matches {
            if position < match.lowerBound { segments.append((position..<match.lowerBound, inverts)) }
            segments.append((match, !inverts))
            position = match.upperBound
        }
        if position < piece.upperBound { segments.append((position..<piece.upperBound, inverts)) }
        append(segments, to: &parts)
    }

    private func append(_ segments: [Segment], to parts: inout [Range<Int>]) {
        switch self {
        case .isolated: for segment in segments { parts.append(segment.range) }
        case .removed: for segment in segments where !segment.isDelimiter { parts.append(segment.range) }
        case .mergedWithPrevious:
            // Of several delimiters in a row the first one joins what stands before it.
            Self.append(segments, to: &parts) { previous, next in next.isDelimiter && !previous.isDelimiter }
        case .mergedWithNext:
            // Of several delimiters in a row the last one joins what stands behind it.
            Self.append(segments, to: &parts) { previous, next in previous.isDelimiter && !next.isDelimiter }
        case .contiguous:
            Self.append(segments, to: &parts) { previous, next in previous.isDelimiter == next.isDelimiter }
        }
    }

    private static func append(
        _ segments: [Segment], to parts: inout [Range<Int>], joining joins: (Segment, Segment) -> Bool
    ) {
        for (index, segment) in segments.enumerated() {
            if index > 0, joins(segments[index - 1], segment), let last = parts.last {
                parts[parts.count - 1] = last.lowerBound..<segment.range.upperBound
            } else {
                parts.append(segment.range)
            }
        }
    }
}
