/// What stands for text that no token covers: a token for each of its bytes, or the unknown token.
struct ByteFallback: Sendable {
    /// The token of each byte, or -1; empty if bytes are no way out.
    private let byteTokens: [Int32]
    let unknown: Int32?

    init(byteTokens: [Int32] = [], unknown: Int32?) {
        self.byteTokens = byteTokens
        self.unknown = unknown
    }

    /// Whether bytes are no way out.
    var isEmpty: Bool { byteTokens.isEmpty }

    /// Whether every byte has a token.
    var isComplete: Bool { !byteTokens.isEmpty && byteTokens.allSatisfy { $0 >= 0 } }

    /// Appends the byte tokens of a stretch of text, or nothing unless all its bytes have one.
    ///
    /// - Returns: whether they have.
    func appendBytes(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, to tokens: inout [Int32]
    ) -> Bool {
        guard !byteTokens.isEmpty else { return false }
        let start = tokens.count
        for index in range {
            let token = byteTokens[Int(text[index])]
            guard token >= 0 else {
                tokens.removeSubrange(start...)
                return false
            }
            tokens.append(token)
        }
        return true
    }

    /// Appends what stands for the text in `range`: its bytes, else one unknown token, else nothing.
    func append(_ text: borrowing Span<UInt8>, _ range: Range<Int>, to output: inout [TokenID]) {
        var tokens: [Int32] = []
        if !appendBytes(text, range, to: &tokens), let unknown { tokens.append(unknown) }
        for token in tokens { output.append(TokenID(rawValue: token)) }
    }
}
