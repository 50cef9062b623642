/// The tokens of stretches of text that came before in the same text: most words of a text are among its few hundred
/// commonest.
///
/// Each stretch has one slot, where the latest stays, so no text can make a look-up long. The cache lives as long as
/// one call: nobody can tell from the time of an encoding what others encoded.
struct StretchCache {
    private struct Entry {
        var hash: UInt64 = 0
        var text: UInt32 = 0
        var tokens: UInt32 = 0
        var textCount: UInt16 = 0
        var tokenCount: UInt16 = 0
    }

    private var entries: [Entry] = []
    private var texts: [UInt8] = []
    private var tokens: [TokenID] = []

    private static let slots = 1 << 12

    /// Shorter texts do not repeat themselves often enough to pay for the table.
    private static let shortestText = 4096

    /// Longer stretches are seldom seen again.
    private static let longestStretch = 64

    /// What was kept of stretches that were replaced is dropped, with all the rest, beyond this size.
    private static let capacity = 1 << 20

    /// - Parameter length: how long the text is that is to be encoded.
    init(length: Int) {
        if length >= Self.shortestText { entries = [Entry](repeating: Entry(), count: Self.slots) }
    }

    /// Appends the tokens of a stretch, from the cache or made by `encode`.
    @inline(__always)
    static func append(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, to output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace,
        encode: (borrowing Span<UInt8>, Range<Int>, inout [TokenID], inout BytePairEncoder.Workspace) -> Void
    ) {
        guard range.count <= longestStretch, !workspace.cache.entries.isEmpty else {
            return encode(text, range, &output, &workspace)
        }
        let hash = hash(text, range)
        if workspace.cache.find(hash, text, range, appendingTo: &output) { return }
        let start = output.count
        encode(text, range, &output, &workspace)
        workspace.cache.insert(hash, text, range, output[start...])
    }

    private func find(
        _ hash: UInt64, _ text: borrowing Span<UInt8>, _ range: Range<Int>, appendingTo output: inout [TokenID]
    ) -> Bool {
        let entry = entries[Int(truncatingIfNeeded: hash) & (Self.slots - 1)]
        guard entry.hash == hash, Int(entry.textCount) == range.count else { return false }
        let start = Int(entry.text)
        for offset in 0..<range.count where texts[start + offset] != text[range.lowerBound + offset] { return false }
        let first = Int(entry.tokens)
        for index in first..<first + Int(entry.tokenCount) { output.append(tokens[index]) }
        return true
    }

    private mutating func insert(
        _ hash: UInt64, _ text: borrowing Span<UInt8>, _ range: Range<Int>, _ result: ArraySlice<TokenID>
    ) {
        if texts.count > Self.capacity || tokens.count > Self.capacity {
            entries = [Entry](repeating: Entry(), count: Self.slots)
            texts.removeAll(keepingCapacity: true)
            tokens.removeAll(keepingCapacity: true)
        }
        guard let tokenCount = UInt16(exactly: result.count) else { return }
        entries[Int(truncatingIfNeeded: hash) & (Self.slots - 1)] = Entry(
            hash: hash, text: UInt32(texts.count), tokens: UInt32(tokens.count), textCount: UInt16(range.count),
            tokenCount: tokenCount)
        for index in range { texts.append(text[index]) }
        tokens.append(contentsOf: result)
    }

    @inline(__always)
    private static func hash(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01B3 }
        return hash.mixed | 1
    }
}
