extension Tokenizer.Parts {
    /// The `gemma4` scheme of a GGUF file: SentencePiece's vocabulary and spaces, the merges listed.
    init(characters vocabulary: Vocabulary, kinds: [TokenKind]) throws(TokenizerError) {
        let contents = TokenContents(texts: vocabulary.tokens)
        var index = ContentIndex(capacity: kinds.count)
        var all = ContentIndex(capacity: kinds.count)
        for (token, kind) in kinds.enumerated() where contents.length(of: token) > 0 {
            if kind.isSearchable { index.insert(token, contents) }
            all.insert(token, contents)
        }
        let parts = try vocabulary.mergeParts()
        let symbols = BytePairSymbols.Characters(
            contents: contents, index: index,
            fallback: ByteFallback(named: contents, kinds: kinds, unknown: vocabulary.special.unknown),
            fusesUnknown: true)
        let encoder = BytePairEncoder(
            contents: contents, merges: try MergeTable(parts, kinds, all, contents, isByteLevel: false),
            symbols: .characters(symbols), candidates: [], ignoresMerges: false, seams: symbols.seams(of: parts))
        self.init(
            kinds: kinds, contents: contents, index: index, special: vocabulary.special, endOfGeneration: [],
            model: .bytePair(encoder))
        setSentencePieceRules(vocabulary, normalization: [], addsSpace: false)
        template = vocabulary.template(addsBOS: true)
    }
}
