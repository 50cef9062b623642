/// WordPiece: each word is cut into the longest pieces of the vocabulary, from its beginning on.
///
/// Pieces that do not begin a word carry a prefix in the vocabulary, or those that do begin one: BERT's own files write
/// `##ing`, GGUF writes `▁play`.
struct WordPieceEncoder: PieceEncoder {
    private let trie: PieceTrie
    /// Where the walk for the first piece of a word begins, and for all others; nil if the vocabulary has none.
    private let first: UInt32?
    private let later: UInt32?
    private let unknown: Int32?
    /// A word of more scalars than this is unknown as a whole.
    private let longestWord: Int

    init(trie: PieceTrie, firstPrefix: [UInt8], laterPrefix: [UInt8], unknown: Int32?, longestWord: Int = 100) {
        self.trie = trie
        first = trie.node(after: firstPrefix)
        later = trie.node(after: laterPrefix)
        self.unknown = unknown
        self.longestWord = longestWord
    }

    /// Appends the tokens of the word in `range`: its pieces, or one unknown token if they do not cover it.
    func encode(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID],
        _: inout BytePairEncoder.Workspace
    ) {
        let start = output.count
        var position = range.lowerBound
        var isWhole = isShort(text, range)
        while isWhole, position < range.upperBound {
            guard let node = position == range.lowerBound ? first : later,
                let piece = trie.longest(in: text, from: position, limit: range.upperBound, at: node)
            else {
                isWhole = false
                break
            }
            output.append(TokenID(rawValue: piece.token))
            position = piece.end
        }
        guard !isWhole else { return }
        output.removeSubrange(start...)
        if let unknown { output.append(TokenID(rawValue: unknown)) }
    }

    private func isShort(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count > longestWord else { return true }
        var scalars = 0
        for index in range where text[index] & 0xC0 != 0x80 {
            scalars += 1
            if scalars > longestWord { return false }
        }
        return true
    }
}
