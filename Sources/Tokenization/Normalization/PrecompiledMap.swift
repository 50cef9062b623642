/// SentencePiece's compiled normalisation rules: a table from character sequences to what replaces them.
///
/// The bytes are a length, a double-array trie of that many bytes (Darts-clone's 32-bit units), and the replacements,
/// each ended by a zero. The trie's leaves are offsets among the replacements. Every index is checked when it is used: a
/// forged trie normalises wrongly but reads nothing outside the table.
struct PrecompiledMap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]

    /// Whether whole grapheme clusters are looked up before single scalars, each with the shortest rule that begins it:
    /// how the `tokenizers` library reads the table. SentencePiece itself takes the longest rule at each place.
    var looksUpClusters = false

    /// - Throws: `TokenizerError.malformedCharacterMap` if the lengths contradict each other.
    init(_ bytes: [UInt8]) throws(TokenizerError) {
        guard bytes.count >= 4 else { throw .malformedCharacterMap }
        let size = Int(Self.word(bytes, at: 0))
        guard size % 4 == 0, size >= 4, size <= bytes.count - 4 else { throw .malformedCharacterMap }
        units = stride(from: 4, to: 4 + size, by: 4).map { Self.word(bytes, at: $0) }
        replacements = Array(bytes[(4 + size)...])
    }

    private static func word(_ bytes: [UInt8], at index: Int) -> UInt32 {
        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
            | UInt32(bytes[index + 3]) << 24
    }

    /// The result for the well-formed UTF-8 in `range`.
    func apply(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        if looksUpClusters {
            appendClusters(text, range, to: &output)
        } else {
            var index = range.lowerBound
            while index < range.upperBound {
                if let rule = rule(in: text, from: index, limit: range.upperBound, takesShortest: false) {
                    appendReplacement(rule.offset, to: &output)
                    index = rule.end
                } else {
                    let next = text.scalar(at: index).next
                    for index in index..<next { output.append(text[index]) }
                    index = next
                }
            }
        }
        // A forged table's replacements may begin or end within a character.
        return String(validating: output, as: UTF8.self) == nil
            ? Array(String(decoding: output, as: UTF8.self).utf8) : output
    }

    /// Longer clusters are not looked up as a whole.
    private static let longestCluster = 5

    private func appendClusters(_ text: borrowing Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
        let string = String(decoding: range.map { text[$0] }, as: UTF8.self)
        var index = range.lowerBound
        for character in string {
            let end = index + character.utf8.count
            if end - index <= Self.longestCluster,
                let rule = rule(in: text, from: index, limit: end, takesShortest: true)
            {
                appendReplacement(rule.offset, to: &output)
                index = end
                continue
            }
            while index < end {
                let next = text.scalar(at: index).next
                if let rule = rule(in: text, from: index, limit: next, takesShortest: true) {
                    appendReplacement(rule.offset, to: &output)
                } else {
                    for index in index..<next { output.append(text[index]) }
                }
                index = next
            }
        }
    }

    private func appendReplacement(_ offset: Int, to output: inout [UInt8]) {
        guard offset < replacements.count else { return }
        for byte in replacements[offset...] {
            if byte == 0 { return }
            output.append(byte)
        }
    }

    /// The rule that applies at `start`: where its replacement is, and the end of what it replaces.
    private func rule(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, takesShortest: Bool
    ) -> (offset: Int, end: Int)? {
        var node = units[0].offset
        var best: (offset: Int, end: Int)?
        for index in start..<limit {
            node ^= Int(text[index])
            guard text[index] != 0, node < units.count, units[node].label == UInt32(text[index]) else { break }
            let hasLeaf = units[node].hasLeaf
            node ^= units[node].offset
            guard node < units.count else { break }
            // A rule of a forged table may end within a character.
            guard hasLeaf, index + 1 == text.count || text[index + 1] & 0xC0 != 0x80 else { continue }
            best = (Int(units[node] & 0x7FFF_FFFF), index + 1)
            if takesShortest { break }
        }
        return best
    }
}

/// The fields of one unit of a Darts-clone double array.
extension UInt32 {
    fileprivate var hasLeaf: Bool { self >> 8 & 1 != 0 }
    /// With the uppermost bit, which is set in leaves alone, so that a leaf equals no byte.
    fileprivate var label: UInt32 { self & 0x8000_00FF }
    fileprivate var offset: Int { Int(self >> 10) << Int((self & 0x200) >> 6) }
}
