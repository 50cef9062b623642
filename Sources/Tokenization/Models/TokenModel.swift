/// The algorithm that turns one piece of normalised text into tokens.
enum TokenModel: Sendable {
    case bytePair(BytePairEncoder)
    case scoredPairs(ScoredPairEncoder)
    case unigram(UnigramEncoder)
    case wordPiece(WordPieceEncoder)
    case wordLevel(WordLevelEncoder)

    /// Appends the tokens of the piece in `range`. None of them is a control token, except one for unknown text.
    @inline(__always)
    func encode(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        switch self {
        case .bytePair(let encoder): encoder.encode(text, range, into: &output, &workspace)
        case .scoredPairs(let encoder): encoder.encode(text, range, into: &output, &workspace)
        case .unigram(let encoder): encoder.encode(text, range, into: &output)
        case .wordPiece(let encoder): encoder.encode(text, range, into: &output)
        case .wordLevel(let encoder): encoder.encode(text, range, into: &output)
        }
    }
}

/// A token for each whole piece, without any way to cut it.
struct WordLevelEncoder: Sendable {
    let contents: TokenContents
    let index: ContentIndex
    let unknown: Int32?

    func encode(_ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID]) {
        if range.count <= contents.longest, let token = index.find(text, range, contents) {
            output.append(TokenID(rawValue: Int32(truncatingIfNeeded: token)))
        } else if let unknown {
            output.append(TokenID(rawValue: unknown))
        }
    }
}
