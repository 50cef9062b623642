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
        }
    }
}
