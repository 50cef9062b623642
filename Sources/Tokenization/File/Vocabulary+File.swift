public import JSON

extension Vocabulary {
    /// The tokeniser of a `tokenizer.json` in the form in which GGUF files have it.
    ///
    /// GGUF has a name for a splitting rule where `tokenizer.json` spells the rule out, and other flags. So what fits is
    /// found by trial: candidates are compared with the original on texts made to tell rules apart.
    ///
    /// - Parameters:
    ///   - tokenizerFile: the bytes of `tokenizer.json`.
    ///   - configuration: the content of `tokenizer_config.json`.
    ///   - endTokens: Tokens that end a reply beside those which the tokeniser's files name.
    ///   - rowCount: Rows of the model's embedding. GGUF has a token for each, so those without one get a name.
    ///   - lowercases: Whether texts are lower-cased before all else.
    /// - Returns: The closest form, and whether it is the same: otherwise texts with spaces at their ends or in a row, or
    ///   two texts together, may get other tokens.
    /// - Throws: `TokenizerError.unsupportedComponent` when no form that GGUF has gives the same tokens for other texts.
    public static func ggufForm(
        tokenizerFile: [UInt8], configuration: JSONValue?, endTokens: [TokenID] = [], rowCount: Int,
        lowercases: Bool = false
    ) throws(TokenizerError) -> (vocabulary: Vocabulary, isExact: Bool) {
        let original = try Tokenizer(
            tokenizerFile: tokenizerFile, configuration: configuration, endTokens: endTokens, rowCount: rowCount,
            lowercases: lowercases)
        let file = try TokenizerFile(tokenizerFile)
        let tokens = try FileVocabulary(file, rowCount: rowCount)
        let source = VocabularySource(file: file, tokens: tokens, original: original, rowCount: rowCount)
        let candidates: [Vocabulary]
        switch original.parts.model {
        case .bytePair: candidates = source.writesBytes ? try source.byteLevel() : source.characters()
        case .unigram: candidates = try source.unigram()
        case .wordPiece: candidates = [source.wordPiece()]
        default: throw .unsupportedComponent(path: "model.type", name: "one that GGUF files have no name for")
        }
        guard var form = closest(candidates, to: original) else {
            throw .unsupportedComponent(
                path: "what normalizer, pre_tokenizer and post_processor do together",
                name: "nothing that GGUF files have a name for")
        }
        // GGUF files can't say these.
        if tokens.added.contains(where: { $0.token.hasFlags }) { form.isExact = false }
        try form.vocabulary.nameEnds(original.endOfGenerationTokens)
        return form
    }

    /// Gives keys to tokens that end a reply and that readers don't know by their names.
    private mutating func nameEnds(_ ends: Set<TokenID>) throws(TokenizerError) {
        let unnamed = ends.subtracting(try Tokenizer(self).endOfGenerationTokens).sorted { $0.rawValue < $1.rawValue }
        guard unnamed.count <= 2 else {
            throw .unsupportedComponent(
                path: "eos_token_id", name: "a list of more tokens than GGUF files have keys for")
        }
        (special.eot, special.eom) = (unnamed.first, unnamed.dropFirst().first)
    }

    private static func closest(
        _ candidates: [Vocabulary], to original: Tokenizer
    ) -> (vocabulary: Vocabulary, isExact: Bool)? {
        let wanted = SplittingSamples.Result(original)
        var closest: (vocabulary: Vocabulary, agreement: Int)?
        for candidate in candidates {
            // A candidate that can't be built isn't the one.
            guard let tokenizer = try? Tokenizer(candidate) else { continue }
            let found = SplittingSamples.Result(tokenizer)
            guard found.texts == wanted.texts else { continue }
            let agreement = (found.spaces == wanted.spaces ? 2 : 0) + (found.pair == wanted.pair ? 1 : 0)
            if agreement > closest?.agreement ?? -1 { closest = (candidate, agreement) }
            if agreement == 3 { break }
        }
        return closest.map { ($0.vocabulary, $0.agreement == 3) }
    }
}
