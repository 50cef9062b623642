extension BytePairEncoder {
    /// Builds the tables of a byte-level vocabulary.
    init(_ vocabulary: Vocabulary, kinds: [TokenKind], ignoresMerges: Bool) throws(TokenizerError) {
        let contents = TokenContents(vocabulary, kinds: kinds)
        guard contents.longest <= Int(UInt32.max) else {
            throw .vocabularyTooLarge(tokens: contents.count, merges: vocabulary.merges.count)
        }
        let tokens = kinds.indices.filter { contents.length(of: $0) > 0 }
        var index = ContentIndex(capacity: tokens.count)
        // Of tokens with the same bytes the trained one wins over one added later.
        for token in tokens where !kinds[token].isVerbatim { index.insert(token, contents) }
        for token in tokens where kinds[token].isVerbatim { index.insert(token, contents) }

        let byteTokens = (0...UInt8.max).map { byte in
            let one: [UInt8] = [byte]
            guard let token = index.find(one.span, 0..<1, contents), !kinds[token].isSpecial else { return Int32(-1) }
            return Int32(truncatingIfNeeded: token)
        }
        let merges = try MergeTable(vocabulary.merges, kinds, index, contents)
        self.init(
            contents: contents, merges: merges, byteTokens: byteTokens,
            candidates: tokens.filter { !kinds[$0].isVerbatim }, ignoresMerges: ignoresMerges)
    }
}

extension TokenContents {
    /// The bytes that each token of a byte-level vocabulary stands for.
    init(_ vocabulary: Vocabulary, kinds: [TokenKind]) {
        self.init()
        for (token, kind) in zip(vocabulary.tokens, kinds) {
            append { bytes in
                if kind.isVerbatim {
                    bytes.append(contentsOf: token.utf8)
                } else if kind == .byte, let byte = Self.byte(named: token) {
                    bytes.append(byte)
                } else {
                    ByteAlphabet.decode(Array(token.utf8).span, into: &bytes)
                }
            }
        }
    }

    /// The byte that a name like `<0x0A>` stands for.
    private static func byte(named name: String) -> UInt8? {
        guard name.utf8.count == 6, name.hasPrefix("<0x"), name.hasSuffix(">") else { return nil }
        return UInt8(name.dropFirst(3).dropLast(), radix: 16)
    }
}

extension MergeTable {
    /// Resolves the merges of a file, written `left right` in the byte alphabet, to token numbers.
    ///
    /// Merges that involve a control token are left out: ordinary text must never become one.
    init(
        _ lines: [String], _ kinds: [TokenKind], _ index: ContentIndex, _ contents: TokenContents
    ) throws(TokenizerError) {
        self.init(capacity: lines.count)
        var bytes: [UInt8] = []
        for (rank, line) in lines.enumerated() {
            let text = Array(line.utf8)
            // The alphabet has no space, so the first one separates; it is never the first character.
            guard let space = text.dropFirst().firstIndex(of: UInt8(ascii: " ")), space + 1 < text.count else {
                throw .malformedMerge(index: rank, text: line)
            }
            bytes.removeAll(keepingCapacity: true)
            ByteAlphabet.decode(text.span.extracting(..<space), into: &bytes)
            let border = bytes.count
            ByteAlphabet.decode(text.span.extracting((space + 1)...), into: &bytes)
            guard let left = index.find(bytes.span, 0..<border, contents),
                let right = index.find(bytes.span, border..<bytes.count, contents),
                let merged = index.find(bytes.span, bytes.indices, contents)
            else { throw .mergeOutsideVocabulary(index: rank, text: line) }
            guard ![left, right, merged].contains(where: { kinds[$0].isSpecial }) else { continue }
            insert(
                Int32(truncatingIfNeeded: left), Int32(truncatingIfNeeded: right),
                Merge(rank: UInt32(rank), token: Int32(truncatingIfNeeded: merged)))
        }
    }
}
