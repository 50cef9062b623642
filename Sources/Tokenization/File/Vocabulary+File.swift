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
    /// - Throws: `TokenizerError.unsupportedComponent` when no form that GGUF has gives the same tokens.
    public init(
        tokenizerFile: [UInt8], configuration: JSONValue?, endTokens: [TokenID] = [], rowCount: Int,
        lowercases: Bool = false
    ) throws(TokenizerError) {
        let original = try Tokenizer(
            tokenizerFile: tokenizerFile, configuration: configuration, endTokens: endTokens, rowCount: rowCount,
            lowercases: lowercases)
        let file = try TokenizerFile(tokenizerFile)
        let tokens = try FileVocabulary(file, rowCount: rowCount)
        let candidates: [Vocabulary]
        switch original.parts.model {
        case .bytePair(let encoder) where encoder.takesBytes:
            candidates = Self.byteLevel(file, tokens, original, rowCount)
        case .bytePair: candidates = Self.sentencePiece(file, tokens, original, rowCount)
        case .wordPiece: candidates = [Self.wordPiece(file, tokens, original, rowCount)]
        default: candidates = []
        }
        let samples = SplittingSamples.texts.map { original.encode($0, addSpecial: true, parseSpecial: false) }
        let match = candidates.first { candidate in
            // A candidate that can't be built isn't the one.
            guard let tokenizer = try? Tokenizer(candidate) else { return false }
            return zip(SplittingSamples.texts, samples).allSatisfy {
                tokenizer.encode($0, addSpecial: true, parseSpecial: false) == $1
            }
        }
        guard let match else {
            throw .unsupportedComponent(
                path: "the tokeniser as a whole", name: "of a kind that GGUF files have no name for")
        }
        self = match
    }

    /// Names of splitting rules, the commonest first.
    private static let ruleNames = [
        "llama-bpe", "qwen2", "gpt-2", "smollm", "gpt-4o", "tekken", "deepseek-r1-qwen", "dbrx", "olmo", "command-r",
        "roberta-bpe", "falcon", "deepseek-llm", "deepseek-coder", "deepseek-v3",
    ]

    private static func byteLevel(
        _ file: TokenizerFile, _ tokens: FileVocabulary, _ original: Tokenizer, _ rowCount: Int
    ) -> [Vocabulary] {
        var base = Vocabulary(scheme: .byteLevelBPE, preTokenizer: "", tokens, original, rowCount) { $0 }
        base.merges = (0..<file.mergeParts.count / 2).map { index in
            let parts = [file.mergeParts.bytes(of: 2 * index), file.mergeParts.bytes(of: 2 * index + 1)]
            return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }
        return ruleNames.map { name in
            var candidate = base
            candidate.preTokenizer = name
            return candidate
        }
    }

    /// SentencePiece merges by scores: each token gets minus the rank of the merge that makes it.
    private static func sentencePiece(
        _ file: TokenizerFile, _ tokens: FileVocabulary, _ original: Tokenizer, _ rowCount: Int
    ) -> [Vocabulary] {
        var base = Vocabulary(scheme: .sentencePieceBPE, preTokenizer: "default", tokens, original, rowCount) { $0 }
        var ranks: [[UInt8]: Int] = [:]
        for index in 0..<file.mergeParts.count / 2 {
            let made = file.mergeParts.bytes(of: 2 * index) + file.mergeParts.bytes(of: 2 * index + 1)
            if ranks[Array(made)] == nil { ranks[Array(made)] = index + 1 }
        }
        let last = Float(ranks.count + 1)
        base.scores = base.tokens.map { -(ranks[Array($0.utf8)].map(Float.init) ?? last) }
        for (id, token) in base.tokens.enumerated()
        where base.kinds[id] == TokenKind.normal.rawValue && ByteName.byte(Array(token.utf8)[...]) != nil {
            base.kinds[id] = TokenKind.byte.rawValue
        }
        return [true, false].map { addsSpace in
            var candidate = base
            candidate.addsSpacePrefix = addsSpace
            return candidate
        }
    }

    /// GGUF marks pieces that begin a word, where `tokenizer.json` marks the others.
    private static func wordPiece(
        _ file: TokenizerFile, _ tokens: FileVocabulary, _ original: Tokenizer, _ rowCount: Int
    ) -> Vocabulary {
        Vocabulary(scheme: .wordPiece, preTokenizer: "default", tokens, original, rowCount) {
            // By bytes: what follows the mark may combine with it into one character.
            $0.utf8.starts(with: "##".utf8) ? String(decoding: $0.utf8.dropFirst(2), as: UTF8.self) : "▁" + $0
        }
    }

    /// - Parameter spelling: what becomes of a token that isn't recognised as a whole.
    private init(
        scheme: Scheme, preTokenizer: String, _ vocabulary: FileVocabulary, _ original: Tokenizer, _ rowCount: Int,
        spelling: (String) -> String
    ) {
        var kinds = original.parts.kinds, tokens: [String] = []
        var added: [Int: String] = [:]
        for token in vocabulary.added { added[token.id] = String(decoding: token.text, as: UTF8.self) }
        for id in kinds.indices {
            if kinds[id] == .unused, added[id] == nil {
                tokens.append("[PAD\(id)]")
            } else {
                let text = added[id] ?? String(decoding: vocabulary.spelling(of: id), as: UTF8.self)
                tokens.append(kinds[id].isVerbatim ? text : spelling(text))
            }
        }
        for id in kinds.count..<max(kinds.count, rowCount) {
            tokens.append("[PAD\(id)]")
            kinds.append(.unused)
        }
        var special = original.parts.special
        let ends = original.endOfGenerationTokens.subtracting([special.eos].compactMap { $0 })
        special.eot = ends.min { $0.rawValue < $1.rawValue }
        self.init(
            scheme: scheme, preTokenizer: preTokenizer, tokens: tokens, kinds: kinds.map(\.rawValue), special: special,
            addsBOS: original.addsBOS, addsEOS: original.addsEOS)
        if scheme == .wordPiece { (addsBOS, addsEOS) = (nil, nil) }
    }
}

/// Texts that splitting rules and normalisers take apart differently.
enum SplittingSamples {
    static let texts = [
        "", " ", "Hello, world!", "  two  spaces ", "It's you'll WE'VE don't I'M", "a1 12 123 1234 12345678",
        "line\nbreak\n\n  indented\r\n\ttab", "snake_case camelCase HTTPServer x=y+1;// no",
        "Größe naïve café e\u{301}",
        "日本語のテキスト 中文字符", "Привет мир 123", "مرحبا بالعالم", "नमस्ते दुनिया", "🙂👩‍👩‍👧 emoji", "\u{a0}nbsp\u{2003}em ½ ² ٣",
        "https://example.org/a?b=c&d=1#e", "!!! ... --- ''' \"\"\"", "   \n   \n x",
    ]
}
