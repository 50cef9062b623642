public import JSON

extension Tokenizer {
    /// Reads `tokenizer.json`, the format of the `tokenizers` library, and what `tokenizer_config.json` adds to it.
    ///
    /// The file comes as bytes and not as JSON values: a vocabulary as a dictionary of strings would lose tokens that
    /// Unicode holds equivalent, and cost most of the start.
    ///
    /// - Parameters:
    ///   - tokenizerFile: the bytes of `tokenizer.json`.
    ///   - configuration: the content of `tokenizer_config.json`: which tokens have which role, whether texts begin and
    ///     end with a token, and how long an input may be.
    ///   - endTokens: Tokens that end a reply beside those which the tokeniser's files name. Those outside the
    ///     vocabulary end nothing: settings of some small models kept the ids of the large ones.
    ///   - rowCount: Rows of the model's embedding. Added tokens beyond them are left out; Gemma's files have one that
    ///     only a larger model can read.
    ///   - lowercases: Whether texts are lower-cased before all else, as files of sentence-transformers may ask for.
    /// - Throws: `TokenizerError` that names the component which is unknown, or the place that is malformed.
    public convenience init(
        tokenizerFile: [UInt8], configuration: JSONValue?, endTokens: [TokenID] = [], rowCount: Int = .max,
        lowercases: Bool = false
    ) throws(TokenizerError) {
        let file = try TokenizerFile(tokenizerFile)
        let root = FileComponent(file.root, path: "")
        let vocabulary = try FileVocabulary(file, rowCount: rowCount)
        var steps =
            try root.member("pre_tokenizer").map { component throws(TokenizerError) in
                try PreTokenizationStep.steps(component)
            } ?? []
        let decoder = try root.member("decoder").map { component throws(TokenizerError) in
            try TokenDecoder(component)
        }
        let isByteLevel = Self.takesBytes(steps, decoder, try root.required("model"))
        if isByteLevel { steps.removeLast() }
        var parts = try Parts(file, vocabulary, isByteLevel: isByteLevel)
        parts.normalizer = try root.member("normalizer").map { component throws(TokenizerError) in
            try Normalizer(component)
        }
        if lowercases { parts.normalizer = .sequence([.lowercase] + (parts.normalizer.map { [$0] } ?? [])) }
        parts.preTokenization = PreTokenization(steps)
        if !isByteLevel { parts.decoder = decoder ?? TokenDecoder(steps: [.spaceBefore]) }
        if let processor = root.member("post_processor") { parts.template = try Template(processor) }
        try parts.apply(
            TokenizerConfiguration(configuration, vocabulary, template: parts.template), endTokens: endTokens)
        parts.addTokens(of: vocabulary)
        self.init(parts)
    }

    /// Whether the last thing that happens to text is its spelling in the byte alphabet, and the first thing that happens
    /// to tokens is the way back. Then the model can work on bytes, which is faster and means the same.
    private static func takesBytes(
        _ steps: [PreTokenizationStep], _ decoder: TokenDecoder?, _ model: FileComponent
    ) -> Bool {
        guard case .byteAlphabet? = steps.last, steps.count(where: { $0.isByteAlphabet }) == 1,
            let decoder, decoder.trimmed == nil, decoder.steps.count == 1, case .byteLevel = decoder.steps[0]
        else { return false }
        let isPlain = ["continuing_subword_prefix", "end_of_word_suffix"].allSatisfy {
            model.member($0)?.value.stringValue ?? "" == ""
        }
        return isPlain && (model.member("type")?.value.stringValue ?? "BPE") == "BPE"
            && model.member("byte_fallback")?.value.boolValue != true
    }
}

extension PreTokenizationStep {
    var isByteAlphabet: Bool { if case .byteAlphabet = self { true } else { false } }
}

extension PreTokenization {
    /// Scanners one after the other are one scanner.
    init(_ steps: [PreTokenizationStep]) {
        var scanner: PreTokenizer?
        for step in steps {
            guard case .scan(let next) = step else {
                self = .steps(steps)
                return
            }
            scanner = scanner.map { $0.followed(by: next) } ?? next
        }
        self = scanner.map { .scan($0) } ?? .none
    }
}

extension Tokenizer.Parts {
    fileprivate mutating func addTokens(of vocabulary: FileVocabulary) {
        for added in vocabulary.added {
            var token = added.token
            // The end of a text is structure even if the file forgot to say so.
            token.isControl = kinds[added.id].isSpecial
            if added.isNormalized, !token.isControl, let normalizer {
                let normalized = normalizer.apply(added.text.span, added.text.indices) ?? added.text
                normalizedAddedTokens.insert(normalized, token)
            } else {
                addedTokens.insert(added.text, token)
            }
        }
    }

    fileprivate mutating func apply(
        _ configuration: TokenizerConfiguration, endTokens: [TokenID]
    ) throws(TokenizerError) {
        let unknown = special.unknown
        special = configuration.special
        special.unknown = special.unknown ?? unknown
        maximumLength = configuration.maximumLength
        for token in template.tokens where !kinds.indices.contains(Int(token.rawValue)) {
            throw .specialTokenOutOfRange(
                name: "template", id: token.rawValue, vocabularySize: kinds.count)
        }
        template.set(begins: configuration.addsBOS, with: special.bos)
        template.set(ends: configuration.addsEOS, with: special.eos)
        // Added tokens alone can have a name that means something.
        let names = kinds.enumerated().map { id, kind in
            kind.isVerbatim ? String(decoding: contents.bytes(of: id), as: UTF8.self) : ""
        }
        let vocabulary = Vocabulary(
            scheme: .byteLevelBPE, preTokenizer: "", tokens: names, special: special)
        infill = InfillTokens(vocabulary, kinds: kinds)
        endOfGeneration = vocabulary.markEndOfGeneration(in: &kinds)
        for token in endTokens where kinds.indices.contains(Int(token.rawValue)) {
            endOfGeneration.insert(token)
            kinds[Int(token.rawValue)] = .control
        }
    }
}
