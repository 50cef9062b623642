import JSON

/// What a `tokenizer.json` says, of which candidates for the form of GGUF files are made.
struct VocabularySource {
    let file: TokenizerFile
    let tokens: FileVocabulary
    let original: Tokenizer
    /// Rows of the model's embedding.
    let rowCount: Int

    /// Names of splitting rules, one for each, the commonest first.
    private static let ruleNames = [
        "llama-bpe", "qwen2", "gpt-2", "smollm", "gpt-4o", "tekken", "deepseek-r1-qwen", "dbrx", "olmo", "command-r",
        "roberta-bpe", "falcon", "deepseek-llm", "deepseek-coder", "deepseek-v3", "qwen35", "bloom", "viking",
        "seed-coder", "bailingmoe", "superbpe", "kimi-k2", "granite-embed-multi-97m", "tiny_aya", "afmoe", "minicpm5",
        "jais-2", "exaone-moe", "laguna", "ufakzeka", "default",
    ]

    /// Whether tokens are written in GPT-2's alphabet for bytes.
    var writesBytes: Bool {
        FileComponent(file.root, path: "").member("decoder")?.member("type")?.value.stringValue == "ByteLevel"
    }

    /// One for each name whose rule cuts as the original does; those first that look for whole pieces as it does.
    func byteLevel() throws(TokenizerError) -> [Vocabulary] {
        let pieces = SplittingSamples.pieces(original.parts.normalizer, original.parts.preTokenization)
        let model = FileComponent(file.root, path: "").member("model")
        let ignoresMerges = try model?.flag("ignore_merges", default: false) ?? false
        var base = vocabulary(.byteLevelBPE, "")
        base.merges = merges()
        var alike: [Vocabulary] = [], others: [Vocabulary] = []
        for name in Self.ruleNames {
            let rules = try PreTokenizerRules.named(name)
            let normalizer: Normalizer? = rules.composes ? .unicode(.canonicalComposition) : nil
            guard SplittingSamples.pieces(normalizer, rules.preTokenization) == pieces else { continue }
            base.preTokenizer = name
            if rules.ignoresMerges == ignoresMerges { alike.append(base) } else { others.append(base) }
        }
        return alike + others
    }

    /// Merges over characters. By scores, each token gets minus the rank of the merge that makes it.
    func characters() -> [Vocabulary] {
        var base = vocabulary(.sentencePieceBPE, "default")
        var ranks: [[UInt8]: Int] = [:]
        for index in 0..<file.mergeParts.count / 2 {
            let made = file.mergeParts.bytes(of: 2 * index) + file.mergeParts.bytes(of: 2 * index + 1)
            if ranks[Array(made)] == nil { ranks[Array(made)] = index + 1 }
        }
        let last = Float(ranks.count + 1)
        base.scores = base.tokens.map { -(ranks[Array($0.utf8)].map(Float.init) ?? last) }
        base.nameBytes()
        var listed = vocabulary(.characterBPE, "default")
        listed.merges = merges()
        listed.nameBytes()
        return (varied(base) + varied(listed))
    }

    /// Pieces by the likeliest way to cut a text.
    func unigram() throws(TokenizerError) -> [Vocabulary] {
        var base = vocabulary(.unigram, "default")
        base.scores = tokens.scores.map(Float.init)
        base.scores += Array(repeating: 0, count: base.tokens.count - base.scores.count)
        base.nameBytes()
        let normalizer = FileComponent(file.root, path: "").member("normalizer")
        base.precompiledCharacterMap =
            try normalizer.flatMap { component throws(TokenizerError) in
                try Self.characterMap(component)
            } ?? []
        return [true, false].flatMap { removes in
            var candidate = base
            candidate.removesExtraWhitespace = removes
            return varied(candidate)
        }
    }

    /// GGUF marks pieces that begin a word, where `tokenizer.json` marks the others.
    func wordPiece() -> Vocabulary {
        vocabulary(.wordPiece, "default") {
            // By bytes: what follows the mark may combine with it into one character.
            $0.utf8.starts(with: "##".utf8) ? String(decoding: $0.utf8.dropFirst(2), as: UTF8.self) : "▁" + $0
        }
    }

    /// The same with and without a space in front, and with separators between texts as RoBERTa has them.
    private func varied(_ base: Vocabulary) -> [Vocabulary] {
        [true, false].flatMap { addsSpace in
            [nil, true].map { addsSeparator in
                var candidate = base
                (candidate.addsSpacePrefix, candidate.addsSeparator) = (addsSpace, addsSeparator)
                return candidate
            }
        }
    }

    private func merges() -> [String] {
        (0..<file.mergeParts.count / 2).map { index in
            let parts = [file.mergeParts.bytes(of: 2 * index), file.mergeParts.bytes(of: 2 * index + 1)]
            return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }
    }

    /// SentencePiece's table of characters, wherever in the normaliser it is.
    private static func characterMap(_ component: FileComponent) throws(TokenizerError) -> [UInt8]? {
        switch try component.type {
        case "Precompiled": return Base64.decode(try component.required("precompiled_charsmap").bytes)
        case "Sequence":
            for part in try component.required("normalizers").elements {
                if let map = try characterMap(part) { return map }
            }
            return nil
        default: return nil
        }
    }

    /// - Parameter spelling: what becomes of a token that isn't recognised as a whole.
    private func vocabulary(
        _ scheme: Vocabulary.Scheme, _ preTokenizer: String, spelling: (String) -> String = { $0 }
    ) -> Vocabulary {
        var kinds = original.parts.kinds, texts: [String] = []
        var added: [Int: String] = [:]
        for token in tokens.added { added[token.id] = String(decoding: token.text, as: UTF8.self) }
        for id in kinds.indices {
            if kinds[id] == .unused, added[id] == nil {
                texts.append("[PAD\(id)]")
            } else {
                let text = added[id] ?? String(decoding: tokens.spelling(of: id), as: UTF8.self)
                texts.append(kinds[id].isVerbatim ? text : spelling(text))
            }
        }
        for id in kinds.count..<max(kinds.count, rowCount) {
            texts.append("[PAD\(id)]")
            kinds.append(.unused)
        }
        var vocabulary = Vocabulary(
            scheme: scheme, preTokenizer: preTokenizer, tokens: texts, kinds: kinds.map(\.rawValue),
            special: original.parts.special)
        if scheme != .wordPiece { (vocabulary.addsBOS, vocabulary.addsEOS) = (original.addsBOS, original.addsEOS) }
        return vocabulary
    }
}

extension Vocabulary {
    /// Marks tokens that are named for bytes as such.
    fileprivate mutating func nameBytes() {
        for (id, token) in tokens.enumerated()
        where kinds[id] == TokenKind.normal.rawValue && ByteName.byte(Array(token.utf8)[...]) != nil {
            kinds[id] = TokenKind.byte.rawValue
        }
    }
}
