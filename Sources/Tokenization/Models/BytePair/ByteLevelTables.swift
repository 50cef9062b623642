/// The tables of a byte-level vocabulary.
struct ByteLevelTables {
    var encoder: BytePairEncoder
    /// Tokens by their bytes, of duplicates the trained one.
    var index: ContentIndex

    /// - Parameter contents: the bytes that each token stands for.
    init(
        _ contents: TokenContents, merges: TokenContents, kinds: [TokenKind], ignoresMerges: Bool
    ) throws(TokenizerError) {
        guard contents.longest <= Int(UInt32.max) else {
            throw .vocabularyTooLarge(tokens: contents.count, merges: merges.count / 2)
        }
        let tokens = kinds.indices.filter { contents.isReachable($0) }
        var index = ContentIndex(capacity: tokens.count)
        // Of tokens with the same bytes the trained one wins over one added later.
        for token in tokens where !kinds[token].isVerbatim { index.insert(token, contents) }
        for token in tokens where kinds[token].isVerbatim { index.insert(token, contents) }
        let byteTokens = (0...UInt8.max).map { byte in
            let one: [UInt8] = [byte]
            guard let token = index.find(one.span, 0..<1, contents), !kinds[token].isSpecial else { return Int32(-1) }
            return Int32(truncatingIfNeeded: token)
        }
        let table = try MergeTable(merges, kinds, index, contents)
        encoder = BytePairEncoder(
            contents: contents, merges: table, symbols: .bytes(byteTokens),
            candidates: tokens.filter { !kinds[$0].isVerbatim }, ignoresMerges: ignoresMerges)
        self.index = index
    }
}

extension TokenContents {
    /// The bytes that each token of a byte-level vocabulary stands for.
    init(_ vocabulary: Vocabulary, kinds: [TokenKind]) {
        self.init()
        for (token, kind) in zip(vocabulary.tokens, kinds) { append(byteLevel: Array(token.utf8), kind) }
    }

    /// Adds a token that is written in the byte alphabet, unless its kind says otherwise.
    mutating func append(byteLevel token: [UInt8], _ kind: TokenKind) {
        var isReachable = true
        append { bytes in
            if kind.isVerbatim {
                bytes.append(contentsOf: token)
            } else if kind == .byte, let byte = ByteName.byte(token) {
                bytes.append(byte)
            } else {
                isReachable = ByteAlphabet.decode(token.span, into: &bytes)
            }
        }
        if !isReachable { markUnreachable() }
    }
}

extension MergeTable {
    /// Resolves the merges of a file to token numbers.
    ///
    /// Merges that involve a control token are left out: ordinary text must never become one.
    ///
    /// - Parameters:
    ///   - parts: the left and the right part of each merge, one after the other, as the file spells them.
    ///   - isByteLevel: whether they are spelled in the byte alphabet.
    ///   - prefixLength: how many bytes of a right part are not part of what it makes.
    init(
        _ parts: TokenContents, _ kinds: [TokenKind], _ index: ContentIndex, _ contents: TokenContents,
        isByteLevel: Bool = true, prefixLength: Int = 0
    ) throws(TokenizerError) {
        self.init(capacity: parts.count / 2)
        var bytes: [UInt8] = []
        for rank in 0..<parts.count / 2 {
            bytes.removeAll(keepingCapacity: true)
            Self.append(parts.bytes(of: rank * 2), isByteLevel, to: &bytes)
            let border = bytes.count
            Self.append(parts.bytes(of: rank * 2 + 1), isByteLevel, to: &bytes)
            let left = index.find(bytes.span, 0..<border, contents)
            let right = index.find(bytes.span, border..<bytes.count, contents)
            if prefixLength > 0 { bytes.removeSubrange(border..<min(bytes.count, border + prefixLength)) }
            guard let left, let right, let merged = index.find(bytes.span, bytes.indices, contents) else {
                let line = parts.bytes(of: rank * 2) + [UInt8(ascii: " ")] + parts.bytes(of: rank * 2 + 1)
                throw .mergeOutsideVocabulary(index: rank, text: String(decoding: line, as: UTF8.self))
            }
            guard !kinds[left].isSpecial, !kinds[right].isSpecial, !kinds[merged].isSpecial else { continue }
            insert(
                Int32(truncatingIfNeeded: left), Int32(truncatingIfNeeded: right),
                Merge(rank: UInt32(truncatingIfNeeded: rank), token: Int32(truncatingIfNeeded: merged)))
        }
    }

    private static func append(_ part: ArraySlice<UInt8>, _ isByteLevel: Bool, to bytes: inout [UInt8]) {
        if isByteLevel {
            ByteAlphabet.decode(part.span, into: &bytes)
        } else {
            bytes.append(contentsOf: part)
        }
    }
}

extension Vocabulary {
    /// The left and the right part of each merge, one after the other.
    ///
    /// The byte alphabet has no space, so the first one separates; it is never the first character.
    func mergeParts() throws(TokenizerError) -> TokenContents {
        var parts = TokenContents()
        for (rank, line) in merges.enumerated() {
            let text = line.utf8
            guard let space = text.dropFirst().firstIndex(of: UInt8(ascii: " ")),
                text.index(after: space) < text.endIndex
            else { throw .malformedMerge(index: rank, text: line) }
            parts.append { $0.append(contentsOf: text[..<space]) }
            parts.append { $0.append(contentsOf: text[text.index(after: space)...]) }
        }
        return parts
    }
}
