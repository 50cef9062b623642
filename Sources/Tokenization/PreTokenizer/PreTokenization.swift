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

    /// Appends the parts of `piece`, given the delimiters in it in order.
    func append(_ delimiters: [Range<Int>], of piece: Range<Int>, to parts: inout [Range<Int>]) {
        var position = piece.lowerBound
        var hasDelimiter = false
        for delimiter in delimiters {
            let gap = position..<delimiter.lowerBound
            switch self {
            case .removed:
                if !gap.isEmpty { parts.append(gap) }
                position = delimiter.upperBound
            case .isolated:
                if !gap.isEmpty { parts.append(gap) }
                parts.append(delimiter)
                position = delimiter.upperBound
            case .mergedWithPrevious:
                parts.append(position..<delimiter.upperBound)
                position = delimiter.upperBound
            case .mergedWithNext:
                if !gap.isEmpty { parts.append(gap) }
                position = delimiter.lowerBound
            case .contiguous:
                if hasDelimiter, gap.isEmpty, let last = parts.last {
                    parts[parts.count - 1] = last.lowerBound..<delimiter.upperBound
                } else {
                    if !gap.isEmpty { parts.append(gap) }
                    parts.append(delimiter)
                }
                hasDelimiter = true
                position = delimiter.upperBound
            }
        }
        if position < piece.upperBound { parts.append(position..<piece.upperBound) }
    }
}
