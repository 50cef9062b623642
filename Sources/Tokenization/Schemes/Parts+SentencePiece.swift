extension Tokenizer.Parts {
    /// SentencePiece's mark for a space, `▁`.
    private static let mark = Array("▁".utf8)

    /// The `llama` scheme of a GGUF file.
    init(sentencePiece vocabulary: Vocabulary, kinds: [TokenKind]) throws(TokenizerError) {
        let contents = TokenContents(marked: vocabulary.tokens, kinds: kinds)
        var ranks = try vocabulary.rankedScores()
        for token in kinds.indices where kinds[token] == .userDefined && contents.isMarks(token) {
            // SentencePiece looks for these before it merges anything; among themselves the longest wins.
            ranks[token] = 0
        }
        var index = ContentIndex(capacity: kinds.count)
        var seams = SeamTable()
        for (token, kind) in kinds.enumerated() where kind.isSearchable && contents.length(of: token) > 0 {
            index.insert(token, contents)
            seams.insertNeighbors(in: contents.bytes(of: token).span)
        }
        let encoder = ScoredPairEncoder(
            contents: contents, index: index, ranks: ranks,
            fallback: ByteFallback(named: contents, kinds: kinds, unknown: vocabulary.special.unknown),
            seams: seams)
        self.init(
            kinds: kinds, contents: contents, index: index, special: vocabulary.special, endOfGeneration: [],
            model: .scoredPairs(encoder))
        setSentencePieceRules(vocabulary, normalization: [])
        template = vocabulary.template(addsBOS: true)
    }

    /// The `t5` scheme of a GGUF file.
    init(unigram vocabulary: Vocabulary, kinds: [TokenKind]) throws(TokenizerError) {
        let contents = TokenContents(texts: vocabulary.tokens)
        _ = try vocabulary.rankedScores()
        var index = ContentIndex(capacity: kinds.count)
        var trie = PieceTrie(capacity: kinds.count * 4)
        var worst = Float.infinity
        for (token, kind) in kinds.enumerated() where contents.length(of: token) > 0 {
            if kind == .normal || kind == .undefined { worst = min(worst, vocabulary.scores[token]) }
            guard kind.isSearchable else { continue }
            index.insert(token, contents)
            trie.insert(contents.bytes(of: token), token: Int32(truncatingIfNeeded: token))
        }
        let encoder = UnigramEncoder(
            trie: trie, scores: vocabulary.scores.map(Double.init), worst: worst.isFinite ? Double(worst) : 0,
            fallback: ByteFallback(named: contents, kinds: kinds, unknown: vocabulary.special.unknown))
        self.init(
            kinds: kinds, contents: contents, index: index, special: vocabulary.special, endOfGeneration: [],
            model: .unigram(encoder))
        var normalization: [Normalizer] = []
        if !vocabulary.precompiledCharacterMap.isEmpty {
            normalization.append(.precompiled(try PrecompiledMap(vocabulary.precompiledCharacterMap)))
        }
        if vocabulary.removesExtraWhitespace ?? false { normalization.append(.collapseSpaces) }
        setSentencePieceRules(vocabulary, normalization: normalization)
        template = vocabulary.template(addsBOS: false)
        if vocabulary.addsEOS == nil, vocabulary.addsBOS == nil {
            template = .around(prefix: nil, suffix: vocabulary.special.eos)
        }
    }

    /// Marks for spaces, with one more in front unless the file says no, and back.
    mutating func setSentencePieceRules(
        _ vocabulary: Vocabulary, normalization: [Normalizer], addsSpace standard: Bool = true
    ) {
        let addsSpace = vocabulary.addsSpacePrefix ?? standard
        normalizer = .sequence(
            normalization + (addsSpace ? [.prepend([UInt8(ascii: " ")])] : [])
                + [.replace(.literal([UInt8(ascii: " ")]), Self.mark)])
        decoder.steps = [.metaspace(Self.mark, dropsInFirst: false), .byteFallback]
        if addsSpace { decoder.trimmed = ([UInt8(ascii: " ")], start: 1, stop: 0) }
        // The file may write spaces within added tokens as marks; text has spaces there. Tokens of nothing but spaces
        // are left to the model, as in the `tokenizers` library: spaces and marks that a text has side by side are one run.
        let isMerging =
            switch model {
            case .scoredPairs, .bytePair: true
            default: false
            }
        addedTokens = AddedTokenTrie(
            vocabulary.tokens.lazy.enumerated().map { token, text -> [UInt8] in
                guard kinds[token].isVerbatim, !isMerging || !contents.isMarks(token) else { return [] }
                var bytes = Array(text.utf8)
                Pattern.literal(Self.mark).replace(in: &bytes, with: [UInt8(ascii: " ")])
                return bytes
            }, kinds: kinds)
    }
}

extension Vocabulary {
    /// For each token the place of its score among all different scores, the highest being 1: 0 is left for what goes
    /// before all of them.
    func rankedScores() throws(TokenizerError) -> [UInt32] {
        guard scores.count == tokens.count else {
            throw .scoreCountMismatch(tokens: tokens.count, scores: scores.count)
        }
        if let index = scores.firstIndex(where: { !$0.isFinite }) { throw .invalidScore(index: index) }
        guard tokens.count < MergeQueue.rankLimit else {
            throw .vocabularyTooLarge(tokens: tokens.count, merges: merges.count)
        }
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var ranks = [UInt32](repeating: 0, count: scores.count)
        var rank: UInt32 = 1
        for (place, token) in order.enumerated() {
            if place > 0, scores[order[place - 1]] > scores[token] { rank += 1 }
            ranks[token] = rank
        }
        return ranks
    }
}

extension TokenKind {
    /// Whether text can turn into the token piece by piece.
    var isSearchable: Bool { !isSpecial && self != .byte }
}

extension TokenContents {
    /// The tokens as normalised text has them: converters write spaces into added tokens where the model has marks.
    fileprivate init(marked texts: [String], kinds: [TokenKind]) {
        self.init()
        for (text, kind) in zip(texts, kinds) {
            append { bytes in
                var text = Array(text.utf8)
                if kind == .userDefined {
                    Pattern.literal([UInt8(ascii: " ")]).replace(in: &text, with: Array("▁".utf8))
                }
                bytes.append(contentsOf: text)
            }
        }
    }

    /// Whether a token is a run of marks for spaces.
    fileprivate func isMarks(_ token: Int) -> Bool {
        let text = String(decoding: bytes(of: token), as: UTF8.self)
        return !text.isEmpty && text.unicodeScalars.allSatisfy { $0 == "▁" }
    }

    /// The tokens as the file spells them.
    init(texts: some Sequence<String>) {
        self.init()
        for text in texts { append { $0.append(contentsOf: text.utf8) } }
    }
}

extension ByteFallback {
    /// The tokens that are named for bytes, `<0x00>` and so on.
    init(named contents: TokenContents, kinds: [TokenKind], unknown: TokenID?) {
        var tokens = [Int32](repeating: -1, count: 256)
        var isEmpty = true
        for (token, kind) in kinds.enumerated() where kind == .byte {
            guard let byte = ByteName.byte(contents.bytes(of: token)), tokens[Int(byte)] < 0 else { continue }
            tokens[Int(byte)] = Int32(truncatingIfNeeded: token)
            isEmpty = false
        }
        self.init(byteTokens: isEmpty ? [] : tokens, unknown: unknown?.rawValue)
    }
}
