/// An algorithm that turns one piece of normalised text into tokens.
protocol PieceEncoder: Sendable {
    /// Appends the tokens of the piece in `range`. None of them is a control token, except one for unknown text.
    func encode(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    )
}

/// The algorithms there are.
///
/// Whoever encodes many pieces asks once which it is. PERF: a switch for each piece copies the encoder out of the enum
/// with all its references; English through byte-level merges: 39 -> 43 MB/s.
enum TokenModel: Sendable {
    case bytePair(BytePairEncoder)
    case scoredPairs(ScoredPairEncoder)
    case unigram(UnigramEncoder)
    case wordPiece(WordPieceEncoder)
    case wordLevel(WordLevelEncoder)
}

/// A token for each whole piece, without any way to cut it.
struct WordLevelEncoder: PieceEncoder {
    let contents: TokenContents
    let index: ContentIndex
    let unknown: Int32?

    func encode(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID],
        _: inout BytePairEncoder.Workspace
    ) {
        if range.count <= contents.longest, let token = index.find(text, range, contents) {
            output.append(TokenID(rawValue: Int32(truncatingIfNeeded: token)))
        } else if let unknown {
            output.append(TokenID(rawValue: unknown))
        }
    }
}
