/// The likeliest way to cut a text into pieces, found by dynamic programming over all ways (Viterbi).
///
/// The score of a way is the sum of its pieces' log probabilities. Time is at most the text's length times that of the
/// longest piece.
struct UnigramEncoder: PieceEncoder {
    private let trie: PieceTrie
    private let scores: [Double]
    /// The score of one character that no piece covers.
    private let unknownScore: Double
    private let fallback: ByteFallback

    /// What an uncovered character costs more than the worst piece.
    private static let unknownPenalty = 10.0

    /// - Parameter worst: the lowest score of the vocabulary.
    init(trie: PieceTrie, scores: [Double], worst: Double, fallback: ByteFallback) {
        self.trie = trie
        self.scores = scores
        unknownScore = worst - Self.unknownPenalty
        self.fallback = fallback
    }

    /// The best way to reach a place: its score, where its last piece begins, and that piece.
    private struct Arrival {
        var score = -Double.infinity
        var start = -1
        var token: Int32 = -1
    }

    /// Appends the tokens of the text in `range`. Characters without a piece, as many as stand together, become their
    /// bytes' tokens or one unknown token.
    func encode(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID],
        _: inout BytePairEncoder.Workspace
    ) {
        var path = bestPath(text, range)
        path.reverse()
        var index = 0
        while index < path.count {
            if path[index].token >= 0 {
                output.append(TokenID(rawValue: path[index].token))
                index += 1
                continue
            }
            let start = path[index].start
            while index < path.count, path[index].token < 0 { index += 1 }
            let end = index < path.count ? path[index].start : range.count
            fallback.append(text, range.lowerBound + start..<range.lowerBound + end, to: &output)
        }
    }

    /// The pieces of the best way, the last one first.
    private func bestPath(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [Arrival] {
        var arrivals = [Arrival](repeating: Arrival(), count: range.count + 1)
        arrivals[0].score = 0
        var position = 0
        while position < range.count {
            let start = range.lowerBound + position
            let next = text.scalar(at: start).next - range.lowerBound
            let isCovered = extend(&arrivals, from: position, next: next, text, range)
            if !isCovered {
                offer(&arrivals[next], arrivals[position].score + unknownScore, position, -1)
            }
            position = next
        }
        var path: [Arrival] = []
        var end = range.count
        while end > 0 {
            path.append(arrivals[end])
            end = arrivals[end].start
        }
        return path
    }

    /// Offers every piece that begins at `position`.
    ///
    /// - Returns: whether one of them is just the character there.
    private func extend(
        _ arrivals: inout [Arrival], from position: Int, next: Int, _ text: borrowing Span<UInt8>, _ range: Range<Int>
    ) -> Bool {
        let score = arrivals[position].score
        var isCovered = false
        var node = PieceTrie.root
        var end = position
        while end < range.count, let child = trie.next(node, text[range.lowerBound + end]) {
            node = child
            end += 1
            guard let token = trie.token(at: node) else { continue }
            offer(&arrivals[end], score + scores[Int(token)], position, token)
            if end == next { isCovered = true }
        }
        return isCovered
    }

    private func offer(_ arrival: inout Arrival, _ score: Double, _ start: Int, _ token: Int32) {
        guard arrival.start < 0 || score > arrival.score else { return }
        arrival = Arrival(score: score, start: start, token: token)
    }
}
