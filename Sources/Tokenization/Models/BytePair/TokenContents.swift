/// The bytes of every token, end to end in one array.
struct TokenContents: Sendable {
    private var bytes: [UInt8] = []

    /// Where each token's bytes begin, and after the last one where they end.
    private var offsets: [Int] = [0]

    /// Tokens that no text turns into by way of the model: they are spelled outside the alphabet of a byte-level
    /// vocabulary, or were added beside the vocabulary.
    private var unreachable: Set<Int> = []

    /// The most bytes in one token.
    private(set) var longest = 0

    var count: Int { offsets.count - 1 }

    /// Adds the next token: `write` appends its bytes to the array.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        let start = offsets[offsets.count - 1]
        longest = max(longest, bytes.count - start)
        offsets.append(bytes.count)
    }

    /// Notes that no text turns into the latest token.
    mutating func markUnreachable() { unreachable.insert(count - 1) }

    /// Whether text may turn into a token by way of the model.
    func isReachable(_ token: Int) -> Bool { length(of: token) > 0 && !unreachable.contains(token) }

    func length(of token: Int) -> Int { offsets[token + 1] - offsets[token] }

    /// The bytes of a token that exists.
    func bytes(of token: Int) -> ArraySlice<UInt8> { bytes[offsets[token]..<offsets[token + 1]] }

    /// Whether a token consists of just these bytes.
    @inline(__always)
    func matches(_ token: Int, _ text: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        let start = offsets[token]
        guard offsets[token + 1] - start == range.count else { return false }
        for index in 0..<range.count where bytes[start + index] != text[range.lowerBound + index] { return false }
        return true
    }
}
