/// Turns text into a model's tokens and back.
///
/// Immutable after `init`, so one instance serves all threads. Nothing in it backtracks and no count is narrower than
/// `Int`: time grows about linearly with the text, whoever wrote it.
public final class Tokenizer: Sendable {
    /// How many tokens there are; ids are 0 ..< this. The model's embedding matrix may have more rows.
    public var vocabularySize: Int { kinds.count }

    /// Begins a text, if the vocabulary has such a token.
    public let bosToken: TokenID?

    /// Ends a text, if the vocabulary has such a token.
    public let eosToken: TokenID?

    /// What an empty text is given to begin with, if there is anything.
    public var firstToken: TokenID? { bosToken ?? eosToken }

    /// The tokens after which a model has nothing more to say: end of text, of turn, of message.
    public let endOfGenerationTokens: Set<TokenID>

    /// How a gap in a text is described, if the vocabulary has tokens for it.
    public let infill: InfillTokens?

    /// Whether `addSpecial` puts `bosToken` in front.
    public let addsBOS: Bool

    /// Whether `addSpecial` puts `eosToken` at the end.
    public let addsEOS: Bool

    let kinds: [TokenKind]
    let preTokenizer: PreTokenizer
    let encoder: BytePairEncoder
    let specialTokens: SpecialTokenTrie

    /// Applied to text before anything else, in the models that were trained so.
    let composition: CanonicalComposition?

    /// Checks a vocabulary and builds the tables.
    ///
    /// - Throws: `TokenizerError` if the splitting rule is unknown or the vocabulary contradicts itself.
    public init(_ vocabulary: Vocabulary) throws(TokenizerError) {
        let rules = try PreTokenizerRules.named(vocabulary.preTokenizer)
        var kinds = try vocabulary.checkedKinds()
        try vocabulary.checkSpecialTokens()
        infill = InfillTokens(vocabulary, kinds: kinds)
        endOfGenerationTokens = vocabulary.markEndOfGeneration(in: &kinds)
        self.kinds = kinds
        encoder = try BytePairEncoder(vocabulary, kinds: kinds, ignoresMerges: rules.ignoresMerges)
        preTokenizer = PreTokenizer(stages: rules.stages)
        specialTokens = SpecialTokenTrie(vocabulary, kinds: kinds)
        composition = rules.composes ? CanonicalComposition() : nil
        bosToken = vocabulary.special.bos
        eosToken = vocabulary.special.eos
        addsBOS = vocabulary.addsBOS ?? rules.addsBOS
        addsEOS = vocabulary.addsEOS ?? false
    }
}

extension SpecialTokenTrie {
    /// The tokens of a vocabulary that are searched for as a whole.
    init(_ vocabulary: Vocabulary, kinds: [TokenKind]) {
        self.init()
        for (token, kind) in kinds.enumerated() where kind.isVerbatim {
            insert(vocabulary.tokens[token].utf8, token: Int32(truncatingIfNeeded: token), isControl: kind.isSpecial)
        }
    }
}
