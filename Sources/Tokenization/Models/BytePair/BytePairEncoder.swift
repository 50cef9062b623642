/// Byte-pair encoding of one piece of text at a time.
///
/// A piece begins as the tokens of its bytes, or of its characters. Of all neighbours that can merge, those of the
/// lowest rank merge first, the leftmost of equals before the others, until none can (Sennrich et al. 2016, as in
/// GPT-2).
struct BytePairEncoder: PieceEncoder {
    /// Longer pieces go through the queue. A scan for the best pair is quadratic but touches only a few cache lines.
    static let scanLimit = 48

    let contents: TokenContents
    let merges: MergeTable

    private let symbols: BytePairSymbols

    /// Whether pieces are taken as bytes, and not as characters.
    var takesBytes: Bool { if case .bytes = symbols { true } else { false } }

    /// Tokens by content, those which the merges make of their own bytes; nil where pieces are too long for that.
    ///
    /// PERF: one look-up settles most words of a language.
    private var wholes: ContentIndex?

    /// Where long pieces can be cut; nil where pieces are words anyway.
    private let seams: SeamTable?

    /// - Parameters:
    ///   - contents: the bytes of every token.
    ///   - candidates: the tokens that may stand for a whole piece, control tokens not among them.
    ///   - ignoresMerges: whether each candidate does so, whatever the merges make of its bytes.
    init(
        contents: TokenContents, merges: MergeTable, symbols: BytePairSymbols, candidates: [Int], ignoresMerges: Bool,
        seams: SeamTable? = nil
    ) {
        self.contents = contents
        self.merges = merges
        self.symbols = symbols
        self.seams = seams
        guard !candidates.isEmpty else { return }
        var wholes = ContentIndex(capacity: candidates.count)
        var workspace = Workspace(length: 0)
        var output: [TokenID] = []
        for token in candidates {
            if !ignoresMerges {
                let bytes = Array(contents.bytes(of: token))
                output.removeAll(keepingCapacity: true)
                merge(bytes.span, bytes.indices, into: &output, &workspace)
                guard output.count == 1, output[0].rawValue == Int32(token) else { continue }
            }
            wholes.insert(token, contents)
        }
        self.wholes = wholes
    }

    /// Appends the tokens of the piece in `range`.
    @inline(__always)
    func encode(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID], _ workspace: inout Workspace
    ) {
        if range.count <= contents.longest, let token = wholes?.find(text, range, contents) {
            output.append(TokenID(rawValue: Int32(truncatingIfNeeded: token)))
        } else if let seams {
            var start = range.lowerBound
            while start < range.upperBound {
                let end = seams.endOfStretch(in: text, from: start, limit: range.upperBound)
                StretchCache.append(text, start..<end, to: &output, &workspace) { merge($0, $1, into: &$2, &$3) }
                start = end
            }
        } else {
            StretchCache.append(text, range, to: &output, &workspace) { merge($0, $1, into: &$2, &$3) }
        }
    }

    /// Whether `token(for:)` knows all tokens that text can turn into.
    var hasWholes: Bool { wholes != nil }

    /// The token that consists of just these bytes and that text can turn into.
    func token(for bytes: [UInt8]) -> TokenID? {
        wholes?.find(bytes.span, bytes.indices, contents).map { TokenID(rawValue: Int32(truncatingIfNeeded: $0)) }
    }

    private func merge(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID], _ workspace: inout Workspace
    ) {
        workspace.tokens.removeAll(keepingCapacity: true)
        symbols.append(text, range, to: &workspace.tokens)
        if workspace.tokens.count <= Self.scanLimit {
            mergeByScanning(&workspace)
        } else {
            mergeByQueue(&workspace)
        }
        for token in workspace.tokens { output.append(TokenID(rawValue: token)) }
    }

    /// Merges a short piece: find the best pair, merge it, look again.
    private func mergeByScanning(_ workspace: inout Workspace) {
        guard workspace.tokens.count > 1 else { return }
        workspace.candidates.removeAll(keepingCapacity: true)
        for index in 1..<workspace.tokens.count {
            workspace.candidates.append(merges.merge(of: workspace.tokens[index - 1], workspace.tokens[index]))
        }
        while true {
            var best = MergeTable.Merge.none
            var position = 0
            for index in workspace.candidates.indices where workspace.candidates[index].rank < best.rank {
                best = workspace.candidates[index]
                position = index
            }
            workspace.steps += workspace.candidates.count
            guard best.token >= 0 else { return }
            workspace.tokens[position] = best.token
            workspace.tokens.remove(at: position + 1)
            workspace.candidates.remove(at: position)
            if position > 0 {
                workspace.candidates[position - 1] = merges.merge(
                    of: workspace.tokens[position - 1], workspace.tokens[position])
            }
            if position < workspace.candidates.count {
                workspace.candidates[position] = merges.merge(
                    of: workspace.tokens[position], workspace.tokens[position + 1])
            }
        }
    }
}

extension BytePairEncoder {
    /// Arrays that one call of `Tokenizer.encode` reuses for all its pieces.
    struct Workspace {
        /// The piece's tokens; in the end those that no merge joins.
        var tokens: [Int32] = []

        /// In a short piece, the merge of each token with the next one.
        var candidates: [MergeTable.Merge] = []

        /// In a long piece, see `mergeByQueue`.
        var lengths: [UInt32] = []
        var queue = MergeQueue()

        /// How often a merge was looked at, for tests of complexity.
        var steps = 0

        /// The tokens of pieces that are none by themselves. PERF: English, byte-level: 43 -> 44 MB/s, more with code.
        var cache: StretchCache

        /// - Parameter length: how long the text is that is to be encoded.
        init(length: Int) {
            cache = StretchCache(length: length)
        }
    }
}
