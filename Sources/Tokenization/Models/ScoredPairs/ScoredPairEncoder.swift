/// SentencePiece's byte-pair encoding as LLaMA and Gemma have it in GGUF.
///
/// A text begins as its characters. Of all neighbours that together are a token, those of the highest score merge first,
/// the leftmost of equals before the others. Unlike a list of merges this joins any two parts of a token, whichever way
/// they came about.
struct ScoredPairEncoder: PieceEncoder {
    private let contents: TokenContents
    private let index: ContentIndex
    /// For each token the place of its score among all scores; the lowest goes first.
    private let ranks: [UInt32]
    private let fallback: ByteFallback
    private let seams: SeamTable

    init(contents: TokenContents, index: ContentIndex, ranks: [UInt32], fallback: ByteFallback, seams: SeamTable) {
        self.contents = contents
        self.index = index
        self.ranks = ranks
        self.fallback = fallback
        self.seams = seams
    }

    /// Marks a place where no part begins.
    private static let vacant: Int32 = -1
    /// Marks a part that is no token: a character that the vocabulary lacks.
    private static let foreign: Int32 = -2

    /// Appends the tokens of the text in `range`.
    func encode(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = seams.endOfStretch(in: text, from: start, limit: range.upperBound)
            StretchCache.append(text, start..<end, to: &output, &workspace) { merge($0, $1, into: &$2, &$3) }
            start = end
        }
    }

    /// Encodes one stretch, in O(n log n).
    ///
    /// A part stays where its first byte is; `lengths` says at its first and at its last byte how long it is, so both
    /// neighbours are found without links. What the queue holds may be stale by its turn; comparing ranks finds out.
    private func merge(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        split(text, range, &workspace)
        workspace.queue.removeAll()
        var place = 0
        while place < range.count {
            let next = place + Int(workspace.lengths[place])
            if next < range.count, let rank = rank(of: place, next, text, range, workspace) {
                workspace.queue.add(rank: rank, place: place)
            }
            place = next
        }
        workspace.queue.arrange()
        while let (rank, place) = workspace.queue.popFirst() {
            workspace.steps += 1
            merge(at: place, rank: rank, text, range, &workspace)
        }
        append(text, range, workspace, to: &output)
    }

    /// One part for each character.
    private func split(_ text: borrowing Span<UInt8>, _ range: Range<Int>, _ workspace: inout BytePairEncoder.Workspace)
    {
        workspace.tokens.removeAll(keepingCapacity: true)
        workspace.tokens.append(contentsOf: repeatElement(Self.vacant, count: range.count))
        workspace.lengths.removeAll(keepingCapacity: true)
        workspace.lengths.append(contentsOf: repeatElement(0, count: range.count))
        var position = range.lowerBound
        while position < range.upperBound {
            let next = text.scalar(at: position).next
            set(position..<next, token(text, position..<next) ?? Self.foreign, range, &workspace)
            position = next
        }
    }

    private func set(
        _ part: Range<Int>, _ token: Int32, _ range: Range<Int>, _ workspace: inout BytePairEncoder.Workspace
    ) {
        let length = UInt32(truncatingIfNeeded: part.count)
        workspace.lengths[part.upperBound - 1 - range.lowerBound] = length
        workspace.lengths[part.lowerBound - range.lowerBound] = length
        workspace.tokens[part.lowerBound - range.lowerBound] = token
    }

    private func token(_ text: borrowing Span<UInt8>, _ part: Range<Int>) -> Int32? {
        guard part.count <= contents.longest else { return nil }
        return index.find(text, part, contents).map { Int32(truncatingIfNeeded: $0) }
    }

    /// The rank of what the parts at `place` and `next` make together.
    private func rank(
        of place: Int, _ next: Int, _ text: borrowing Span<UInt8>, _ range: Range<Int>,
        _ workspace: BytePairEncoder.Workspace
    ) -> UInt32? {
        let end = next + Int(workspace.lengths[next])
        let part = range.lowerBound + place..<range.lowerBound + end
        return token(text, part).map { ranks[Int($0)] }
    }

    private func merge(
        at place: Int, rank: UInt32, _ text: borrowing Span<UInt8>, _ range: Range<Int>,
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        guard workspace.tokens[place] != Self.vacant else { return }
        let next = place + Int(workspace.lengths[place])
        guard next < range.count else { return }
        let end = next + Int(workspace.lengths[next])
        let part = range.lowerBound + place..<range.lowerBound + end
        guard let token = token(text, part), ranks[Int(token)] == rank else { return }
        workspace.tokens[next] = Self.vacant
        set(part, token, range, &workspace)
        if place > 0 {
            let previous = place - Int(workspace.lengths[place - 1])
            if let rank = self.rank(of: previous, place, text, range, workspace) {
                workspace.queue.insert(rank: rank, place: previous)
            }
        }
        if end < range.count, let rank = self.rank(of: place, end, text, range, workspace) {
            workspace.queue.insert(rank: rank, place: place)
        }
    }

    private func append(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, _ workspace: BytePairEncoder.Workspace,
        to output: inout [TokenID]
    ) {
        var place = 0
        while place < range.count {
            let next = place + Int(workspace.lengths[place])
            let token = workspace.tokens[place]
            if token >= 0 {
                output.append(TokenID(rawValue: token))
            } else {
                fallback.append(text, range.lowerBound + place..<range.lowerBound + next, to: &output)
            }
            place = next
        }
    }
}
