import JSON

extension Tokenizer.Parts {
    /// Builds the model of a `tokenizer.json`.
    ///
    /// - Parameter isByteLevel: whether pieces are bytes, and tokens are written in GPT-2's alphabet for them.
    init(_ file: TokenizerFile, _ vocabulary: FileVocabulary, isByteLevel: Bool) throws(TokenizerError) {
        let root = FileComponent(file.root, path: "")
        let component = try root.required("model")
        var vocabulary = vocabulary
        var unknown: Int?
        // Old files leave the type out.
        let type =
            try component.member("type")?.text
            ?? (file.mergeParts.count > 0 ? "BPE" : component.member("unk_id") != nil ? "Unigram" : "WordPiece")
        if type == "Unigram" {
            if component.member("unk_id") != nil { unknown = try component.count("unk_id") }
            if let id = unknown, id >= vocabulary.kinds.count {
                throw component.fault("has an unk_id beyond its tokens")
            }
        } else if let name = component.member("unk_token") {
            unknown = vocabulary.id(of: try name.bytes)
            if unknown == nil, try !name.bytes.isEmpty, type != "BPE" {
                throw name.fault("is not in the vocabulary")
            }
        }
        if let unknown { vocabulary.mark(unknown, as: .unknown) }
        let kinds = vocabulary.kinds
        let contents = vocabulary.contents(isByteLevel: isByteLevel)
        var index = ContentIndex(capacity: kinds.count)
        for (token, kind) in kinds.enumerated() where !kind.isSpecial && contents.isReachable(token) {
            index.insert(token, contents)
        }
        let unknownToken = unknown.map { Int32(truncatingIfNeeded: $0) }
        let model: TokenModel
        switch type {
        case "BPE":
            model = try Self.bytePair(component, file, contents, kinds, &index, unknownToken, isByteLevel)
        case "Unigram": model = try Self.unigram(component, vocabulary, contents, unknownToken)
        case "WordPiece": model = try Self.wordPiece(component, contents, kinds, unknownToken)
        case "WordLevel":
            model = .wordLevel(WordLevelEncoder(contents: contents, index: index, unknown: unknownToken))
        default: throw component.unsupported(type)
        }
        self.init(
            kinds: kinds, contents: contents, index: index,
            special: Vocabulary.SpecialTokens(unknown: unknownToken.map { TokenID(rawValue: $0) }), endOfGeneration: [],
            model: model)
    }

    private static func bytePair(
        _ component: FileComponent, _ file: TokenizerFile, _ contents: TokenContents, _ kinds: [TokenKind],
        _ index: inout ContentIndex, _ unknown: Int32?, _ isByteLevel: Bool
    ) throws(TokenizerError) -> TokenModel {
        guard file.mergeParts.count / 2 < MergeQueue.rankLimit else {
            throw .vocabularyTooLarge(tokens: kinds.count, merges: file.mergeParts.count / 2)
        }
        let ignoresMerges = try component.flag("ignore_merges", default: false)
        if isByteLevel {
            let tables = try ByteLevelTables(
                contents, merges: file.mergeParts, kinds: kinds, ignoresMerges: ignoresMerges)
            index = tables.index
            return .bytePair(tables.encoder)
        }
        let prefix = try component.member("continuing_subword_prefix")?.bytes ?? []
        let fallback = ByteFallback(
            byteTokens: try component.flag("byte_fallback", default: false) ? byteTokens(contents, kinds) : [],
            unknown: unknown)
        // A merge may speak of a control token; it is found here and then left out.
        var all = index
        for (token, kind) in kinds.enumerated() where kind.isSpecial && contents.isReachable(token) {
            all.insert(token, contents)
        }
        let merges = try MergeTable(
            file.mergeParts, kinds, all, contents, isByteLevel: false, prefixLength: prefix.count)
        let symbols = BytePairSymbols.Characters(
            contents: contents, index: index, prefix: prefix,
            suffix: try component.member("end_of_word_suffix")?.bytes ?? [], fallback: fallback,
            fusesUnknown: try component.flag("fuse_unk", default: false))
        let candidates =
            ignoresMerges ? kinds.indices.filter { kinds[$0] == .normal && contents.isReachable($0) } : []
        return .bytePair(
            BytePairEncoder(
                contents: contents, merges: merges, symbols: .characters(symbols), candidates: candidates,
                ignoresMerges: ignoresMerges, seams: symbols.seams(of: file.mergeParts)))
    }

    private static func unigram(
        _ component: FileComponent, _ vocabulary: FileVocabulary, _ contents: TokenContents, _ unknown: Int32?
    ) throws(TokenizerError) -> TokenModel {
        let scores = vocabulary.scores
        if let index = scores.firstIndex(where: { !$0.isFinite }) { throw .invalidScore(index: index) }
        var trie = PieceTrie(capacity: scores.count * 4)
        for (token, kind) in vocabulary.kinds.enumerated()
        where !kind.isSpecial && kind != .unused && contents.isReachable(token) {
            trie.insert(contents.bytes(of: token), token: Int32(truncatingIfNeeded: token))
        }
        let fallsBack = try component.flag("byte_fallback", default: false)
        let bytes = fallsBack ? byteTokens(contents, vocabulary.kinds) : []
        return .unigram(
            UnigramEncoder(
                trie: trie, scores: scores, worst: scores.min() ?? 0,
                fallback: ByteFallback(byteTokens: bytes, unknown: unknown)))
    }

    private static func wordPiece(
        _ component: FileComponent, _ contents: TokenContents, _ kinds: [TokenKind], _ unknown: Int32?
    ) throws(TokenizerError) -> TokenModel {
        var trie = PieceTrie(capacity: kinds.count * 4)
        for (token, kind) in kinds.enumerated() where !kind.isSpecial && contents.isReachable(token) {
            trie.insert(contents.bytes(of: token), token: Int32(truncatingIfNeeded: token))
        }
        return .wordPiece(
            WordPieceEncoder(
                trie: trie, firstPrefix: [],
                laterPrefix: try component.member("continuing_subword_prefix")?.bytes ?? Array("##".utf8),
                unknown: unknown, longestWord: try component.count("max_input_chars_per_word", default: 100)))
    }

    /// The tokens that are named for bytes.
    private static func byteTokens(_ contents: TokenContents, _ kinds: [TokenKind]) -> [Int32] {
        var tokens = [Int32](repeating: -1, count: 256)
        for (token, kind) in kinds.enumerated() where !kind.isSpecial {
            guard let byte = ByteName.byte(contents.bytes(of: token)), tokens[Int(byte)] < 0 else { continue }
            tokens[Int(byte)] = Int32(truncatingIfNeeded: token)
        }
        return tokens
    }
}
