import JSON
import ModelFiles
import Tokenization

/// A kind of tokeniser that this version does not have.
struct UnsupportedTokenizer: Error, CustomStringConvertible {
    var model: String
    var description: String {
        "tokenizer.ggml.model is '\(model)'; this version runs 'gpt2' (byte-level BPE), 'gemma4' (BPE of characters), "
            + "'llama' (SentencePiece), 't5' (Unigram) and 'bert' (WordPiece)"
    }
}

extension Vocabulary {
    /// The tokeniser section of a file in the tokeniser's terms.
    init(_ metadata: TokenizerMetadata) throws(UnsupportedTokenizer) {
        guard let scheme = Scheme.allCases.first(where: { $0.ggufName == metadata.model }) else {
            throw UnsupportedTokenizer(model: metadata.model)
        }
        func id(_ value: Int?) -> TokenID? { value.map { TokenID(rawValue: Int32($0)) } }
        self.init(
            scheme: scheme, preTokenizer: metadata.pre ?? "default", tokens: metadata.tokens,
            kinds: metadata.kinds?.map { Int32($0.rawValue) } ?? [], merges: metadata.merges ?? [],
            scores: metadata.scores ?? [],
            special: SpecialTokens(
                bos: id(metadata.special.bos), eos: id(metadata.special.eos), eot: id(metadata.special.eot),
                eom: id(metadata.special.eom), unknown: id(metadata.special.unknown),
                padding: id(metadata.special.padding), infillPrefix: id(metadata.special.infillPrefix),
                infillSuffix: id(metadata.special.infillSuffix), infillMiddle: id(metadata.special.infillMiddle),
                classification: id(metadata.special.classification), separator: id(metadata.special.separator),
                mask: id(metadata.special.mask)),
            addsBOS: metadata.addsBOS, addsEOS: metadata.addsEOS, addsSeparator: metadata.addsSeparator,
            addsSpacePrefix: metadata.addsSpacePrefix, removesExtraWhitespace: metadata.removesExtraWhitespace,
            precompiledCharacterMap: metadata.precompiledCharacterMap ?? [])
    }
}

extension Vocabulary {
    /// What a `tokenizer_config.json` would say of the tokens with a role.
    var configuration: JSONValue {
        func name(_ token: TokenID?) -> JSONValue { token.map { .string(tokens[Int($0.rawValue)]) } ?? .null }
        return [
            "bos_token": name(special.bos), "eos_token": name(special.eos), "cls_token": name(special.classification),
            "sep_token": name(special.separator), "mask_token": name(special.mask),
            "pad_token": name(special.padding), "unk_token": name(special.unknown),
            "add_bos_token": addsBOS.map { .bool($0) } ?? .null, "add_eos_token": addsEOS.map { .bool($0) } ?? .null,
        ]
    }
}

extension Vocabulary.Scheme {
    /// The value of `tokenizer.ggml.model`.
    var ggufName: String {
        switch self {
        case .byteLevelBPE: "gpt2"
        case .characterBPE: "gemma4"
        case .sentencePieceBPE: "llama"
        case .unigram: "t5"
        case .wordPiece: "bert"
        }
    }
}
