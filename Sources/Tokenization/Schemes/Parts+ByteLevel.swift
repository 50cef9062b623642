extension Tokenizer.Parts {
    /// Byte-level BPE of a GGUF file.
    init(byteLevel vocabulary: Vocabulary, kinds: [TokenKind]) throws(TokenizerError) {
        let rules = try PreTokenizerRules.named(vocabulary.preTokenizer)
        let tables = try ByteLevelTables(
            TokenContents(vocabulary, kinds: kinds), merges: vocabulary.mergeParts(), kinds: kinds,
            ignoresMerges: rules.ignoresMerges)
        self.init(
            kinds: kinds, contents: tables.encoder.contents, index: tables.index, special: vocabulary.special,
            endOfGeneration: [], model: .bytePair(tables.encoder))
        addedTokens = AddedTokenTrie(vocabulary.tokens.lazy.map(\.utf8), kinds: kinds)
        normalizer = rules.composes ? .unicode(.canonicalComposition) : nil
        preTokenization = rules.preTokenization
        template = vocabulary.template(addsBOS: rules.addsBOS, addsSeparator: rules.addsSeparator)
    }
}

extension AddedTokenTrie {
    /// The tokens of a vocabulary that are searched for as a whole.
    init(_ tokens: some Sequence<some Collection<UInt8>>, kinds: [TokenKind]) {
        self.init()
        for (token, (text, kind)) in zip(tokens, kinds).enumerated() where kind.isVerbatim {
            insert(text, AddedToken(token: Int32(truncatingIfNeeded: token), isControl: kind.isSpecial))
        }
    }
}

extension Vocabulary {
    /// What stands around texts by the file's flags, and by its family's custom where the file has none.
    func template(addsBOS familyAddsBOS: Bool, addsSeparator familyAddsSeparator: Bool = false) -> Template {
        if addsSeparator ?? familyAddsSeparator {
            let end = special.eos ?? special.separator
            return .around(prefix: special.bos ?? special.classification, suffix: end, between: end.map { [$0] } ?? [])
        }
        return .around(
            prefix: addsBOS ?? familyAddsBOS ? special.bos : nil, suffix: addsEOS ?? false ? special.eos : nil,
            repeatsPrefix: true, segment: 1)
    }
}
