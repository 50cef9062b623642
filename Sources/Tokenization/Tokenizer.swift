/// Turns text into a model's tokens and back.
///
/// One pipeline serves all schemes: tokens recognised as a whole are cut out, what lies between them is normalised, cut
/// into pieces and handed to the model piece by piece; a template puts tokens around the result.
///
/// Immutable after `init`, so one instance serves all threads. Nothing in it backtracks and no count is narrower than
/// `Int`: time grows about linearly with the text, whoever wrote it.
public final class Tokenizer: Sendable {
    /// How many tokens there are; ids are 0 ..< this. The model's embedding matrix may have more rows.
    public var vocabularySize: Int { parts.kinds.count }

    /// Begins a text, if the vocabulary has such a token.
    public var bosToken: TokenID? { parts.special.bos }

    /// Ends a text, if the vocabulary has such a token.
    public var eosToken: TokenID? { parts.special.eos }

    /// Stands for text that the vocabulary cannot express.
    public var unknownToken: TokenID? { parts.special.unknown }

    /// Fills texts up to a common length. Padding is never needed here; files name it.
    public var padToken: TokenID? { parts.special.padding }

    /// Begins a text of an encoder model; its hidden state stands for the whole text.
    public var clsToken: TokenID? { parts.special.classification }

    /// Ends each text of an encoder model.
    public var sepToken: TokenID? { parts.special.separator }

    /// Stands for a token that a masked language model is asked for.
    public var maskToken: TokenID? { parts.special.mask }

    /// The most tokens of an input as the model's files have it, what the template adds included; nil if they don't say.
    public var maximumLength: Int? { parts.maximumLength }

    /// What an empty text is given to begin with, if there is anything.
    public var firstToken: TokenID? { bosToken ?? eosToken }

    /// The tokens after which a model has nothing more to say: end of text, of turn, of message.
    public var endOfGenerationTokens: Set<TokenID> { parts.endOfGeneration }

    /// How a gap in a text is described, if the vocabulary has tokens for it.
    public var infill: InfillTokens? { parts.infill }

    /// Whether `addSpecial` puts `bosToken` in front.
    public let addsBOS: Bool

    /// Whether `addSpecial` puts `eosToken` at the end.
    public let addsEOS: Bool

    let parts: Parts

    /// What a tokeniser consists of, whichever kind of file said so.
    struct Parts: Sendable {
        var kinds: [TokenKind]
        /// Each token as the model sees it in text: bytes in byte-level schemes, else the file's spelling.
        var contents: TokenContents
        /// Tokens by content, control tokens not among them.
        var index: ContentIndex
        var special: Vocabulary.SpecialTokens
        var endOfGeneration: Set<TokenID>
        var infill: InfillTokens?
        /// Tokens searched for in the text as it is.
        var addedTokens = AddedTokenTrie()
        /// Tokens searched for in normalised text; no control tokens, because trust does not survive normalisation.
        var normalizedAddedTokens = AddedTokenTrie()
        var normalizer: Normalizer?
        var preTokenization = PreTokenization.none
        var model: TokenModel
        var template = Template.bare
        var decoder = TokenDecoder()
        var maximumLength: Int?
    }

    init(_ parts: Parts) {
        self.parts = parts
        let (prefix, suffix) = (parts.template.prefix, parts.template.suffix)
        addsBOS = parts.special.bos.map { prefix.contains($0) } ?? false
        addsEOS = parts.special.eos.map { suffix.contains($0) } ?? false
    }

    var template: Template { parts.template }

    /// Checks a vocabulary and builds the tables.
    ///
    /// - Throws: `TokenizerError` if the splitting rule is unknown or the vocabulary contradicts itself.
    public convenience init(_ vocabulary: Vocabulary) throws(TokenizerError) {
        var kinds = try vocabulary.checkedKinds()
        try vocabulary.checkSpecialTokens()
        let infill = InfillTokens(vocabulary, kinds: kinds)
        let ends = vocabulary.markEndOfGeneration(in: &kinds)
        var parts =
            switch vocabulary.scheme {
            case .byteLevelBPE: try Parts(byteLevel: vocabulary, kinds: kinds)
            case .characterBPE: try Parts(characters: vocabulary, kinds: kinds)
            case .sentencePieceBPE: try Parts(sentencePiece: vocabulary, kinds: kinds)
            case .unigram: try Parts(unigram: vocabulary, kinds: kinds)
            case .wordPiece: try Parts(wordPiece: vocabulary, kinds: kinds)
            }
        parts.infill = infill
        parts.endOfGeneration = ends
        self.init(parts)
    }
}
