/// The tokens with which a model is shown a text with a gap, and asked for what belongs there.
///
/// Code models are trained on such texts (Bavarian et al. 2022, "Efficient Training of Language Models to Fill in the
/// Middle"): the part before the gap, the part after it, then the middle, each behind a token of its own.
public struct InfillTokens: Hashable, Sendable {
    public var prefix: TokenID
    public var suffix: TokenID
    public var middle: TokenID
    /// What a model may say once the gap is filled, besides the end of the text.
    public var ends: Set<TokenID>

    /// The spellings in the order of prefix, suffix and middle: StarCoder and Qwen, Granite and SantaCoder, CodeLlama,
    /// DeepSeek.
    private static let spellings = [
        ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"],
        ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"],
        ["<fim-prefix>", "<fim-suffix>", "<fim-middle>"],
        ["▁<PRE>", "▁<SUF>", "▁<MID>"],
        ["<PRE>", "<SUF>", "<MID>"],
        ["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"],
    ]

    /// Tokens that fill up, or lead to the next file of a repository.
    private static let followers: Set<String> = [
        "<|fim_pad|>", "<fim_pad>", "<fim-pad>", "<|repo_name|>", "<|file_sep|>", "<file_sep>",
    ]

    /// Nil unless the vocabulary names all three tokens, or has all three under known spellings among those that are
    /// matched as a whole.
    init?(_ vocabulary: Vocabulary, kinds: [TokenKind]) {
        var named: [String: TokenID] = [:]
        for (index, kind) in kinds.enumerated() where kind.isVerbatim {
            guard vocabulary.tokens[index].utf8.count <= 24, named[vocabulary.tokens[index]] == nil else { continue }
            named[vocabulary.tokens[index]] = TokenID(rawValue: Int32(truncatingIfNeeded: index))
        }
        let special = vocabulary.special
        let spelled = Self.spellings.lazy.map { $0.compactMap { named[$0] } }.first { $0.count == 3 }
        if let prefix = special.infillPrefix, let suffix = special.infillSuffix, let middle = special.infillMiddle {
            (self.prefix, self.suffix, self.middle) = (prefix, suffix, middle)
        } else if let spelled {
            (prefix, suffix, middle) = (spelled[0], spelled[1], spelled[2])
        } else {
            return nil
        }
        ends = Set(Self.followers.compactMap { named[$0] }).union([prefix, suffix, middle])
    }
}

extension Tokenizer {
    /// The tokens that ask for what belongs between two texts.
    ///
    /// - Parameter prefix: the tokens before the gap, without those that begin a text.
    /// - Returns: nil if the model was not made for it.
    public func infillPrompt(prefix: [TokenID], suffix: String) -> [TokenID]? {
        guard let infill else { return nil }
        var tokens: [TokenID] = []
        if addsBOS, let bosToken { tokens.append(bosToken) }
        tokens.append(infill.prefix)
        tokens += prefix
        tokens.append(infill.suffix)
        tokens += encode(suffix, addSpecial: false, parseSpecial: false)
        tokens.append(infill.middle)
        return tokens
    }
}
