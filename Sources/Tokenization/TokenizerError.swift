/// Why a vocabulary cannot be turned into a tokeniser.
public enum TokenizerError: Error, Hashable, Sendable {
    /// The splitting rule the file names is not one this build knows. Guessing another one would tokenise wrongly
    /// without a sign of it.
    case unknownPreTokenizer(String)
    case emptyVocabulary
    /// More tokens or merges than the tables can number.
    case vocabularyTooLarge(tokens: Int, merges: Int)
    /// `kinds` has neither no entries nor one for each token.
    case kindCountMismatch(tokens: Int, kinds: Int)
    case invalidTokenKind(index: Int, value: Int32)
    /// A named token, such as `bos`, lies outside the vocabulary.
    case specialTokenOutOfRange(name: String, id: Int32, vocabularySize: Int)
    /// A merge is not two parts separated by one space.
    case malformedMerge(index: Int, text: String)
    /// A merge speaks of a token that the vocabulary does not have.
    case mergeOutsideVocabulary(index: Int, text: String)
    /// The scheme needs one score for each token, and all of them finite.
    case scoreCountMismatch(tokens: Int, scores: Int)
    case invalidScore(index: Int)
    /// SentencePiece's compiled normalisation table contradicts itself.
    case malformedCharacterMap
    /// `tokenizer.json` lacks something, or has something else there. `path` is the way to it.
    case malformedFile(path: String, reason: String)
    /// `tokenizer.json` asks for a component, or for a variant of one, that this build does not have.
    case unsupportedComponent(path: String, name: String)
    /// An expression that this build cannot run in linear time, or that is none.
    case unsupportedExpression(String, reason: String)
}

extension TokenizerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownPreTokenizer(let name):
            "the pre-tokenizer \"\(name)\" is not supported"
        case .emptyVocabulary:
            "the vocabulary has no tokens"
        case .vocabularyTooLarge(let tokens, let merges):
            "the vocabulary is too large: \(tokens) tokens and \(merges) merges"
        case .kindCountMismatch(let tokens, let kinds):
            "the vocabulary has \(tokens) tokens but \(kinds) token types"
        case .invalidTokenKind(let index, let value):
            "token \(index) has the unknown type \(value)"
        case .specialTokenOutOfRange(let name, let id, let size):
            "the \(name) token \(id) lies outside the vocabulary of \(size) tokens"
        case .malformedMerge(let index, let text):
            "merge \(index) is not two parts separated by a space: \"\(text)\""
        case .mergeOutsideVocabulary(let index, let text):
            "merge \(index) needs a token that the vocabulary does not have: \"\(text)\""
        case .scoreCountMismatch(let tokens, let scores):
            "the vocabulary has \(tokens) tokens but \(scores) scores"
        case .invalidScore(let index):
            "the score of token \(index) is not a finite number"
        case .malformedCharacterMap:
            "the precompiled character map contradicts itself"
        case .malformedFile(let path, let reason):
            "tokenizer.json: \(path) \(reason)"
        case .unsupportedComponent(let path, let name):
            "tokenizer.json: \(path) is \"\(name)\", which is not supported"
        case .unsupportedExpression(let expression, let reason):
            "the expression \"\(expression)\" is not supported: \(reason)"
        }
    }
}
