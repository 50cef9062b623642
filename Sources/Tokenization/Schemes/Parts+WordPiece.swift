extension Tokenizer.Parts {
    /// The `bert` scheme of a GGUF file, in which pieces that begin a word carry a mark and others do not.
    init(wordPiece vocabulary: Vocabulary, kinds: [TokenKind]) throws(TokenizerError) {
        var kinds = kinds
        let special = vocabulary.special
        // Files label these as ordinary words, and then a text could contain them.
        for token in [special.classification, special.separator, special.mask, special.padding].compactMap({ $0 }) {
            kinds[Int(token.rawValue)] = .control
        }
        if let unknown = special.unknown { kinds[Int(unknown.rawValue)] = .unknown }
        let contents = TokenContents(texts: vocabulary.tokens)
        var index = ContentIndex(capacity: kinds.count)
        var trie = PieceTrie(capacity: kinds.count * 4)
        var capitals = 0
        for (token, kind) in kinds.enumerated() where kind.isSearchable && contents.length(of: token) > 0 {
            index.insert(token, contents)
            let bytes = contents.bytes(of: token)
            trie.insert(bytes, token: Int32(truncatingIfNeeded: token))
            // Rows without a token have a name that isn't a word.
            if kind != .unused, bytes.contains(where: { (0x41...0x5A).contains($0) }) { capitals += 1 }
        }
        let mark = Array("▁".utf8)
        let encoder = WordPieceEncoder(
            trie: trie, firstPrefix: mark, laterPrefix: [], unknown: special.unknown?.rawValue)
        self.init(
            kinds: kinds, contents: contents, index: index, special: special, endOfGeneration: [],
            model: .wordPiece(encoder))
        addedTokens = AddedTokenTrie(vocabulary.tokens.lazy.map(\.utf8), kinds: kinds)
        // The file does not say whether the model has capitals, but its words do; a few are names of tokens.
        let isCased = capitals > kinds.count / 100
        normalizer = .bert(BertNormalization(stripsAccents: !isCased, lowercases: !isCased))
        preTokenization = .steps([.bert])
        let start = special.classification ?? special.bos
        let end = special.separator ?? special.eos
        template = .around(
            prefix: vocabulary.addsBOS ?? true ? start : nil, suffix: vocabulary.addsSeparator ?? true ? end : nil)
        decoder.steps = [
            .metaspace(mark, dropsInFirst: false), .wordPiece(prefix: [], cleansUp: true),
        ]
        decoder.trimmed = ([UInt8(ascii: " ")], start: 1, stop: 0)
    }
}
