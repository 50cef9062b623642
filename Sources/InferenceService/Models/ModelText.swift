import JSON
import ModelFiles
import Tokenization

/// What a model's files say about text: what its tokeniser is made of, and its chat templates.
public struct ModelText: Sendable {
    /// The Jinja source that turns messages into a prompt; nil when the model isn't made for conversations.
    public let chatTemplate: String?
    /// Other templates by name, such as `tool_use`.
    public let namedChatTemplates: [String: String]
    private let parts: Parts

    private enum Parts {
        case vocabulary(Vocabulary)
        /// `tokenizer.json`, `tokenizer_config.json` and the tokens that end a reply.
        case file([UInt8], configuration: JSONValue?, endTokens: [TokenID], lowercases: Bool)
    }

    /// Reads and checks what can be checked without building a tokeniser.
    init(_ source: ModelSource) throws {
        switch source {
        case .gguf(let file):
            let metadata = try TokenizerMetadata(file.metadata)
            let vocabulary = try Vocabulary(metadata)
            // Where it is, it says more than the other keys can.
            if let text = metadata.tokenizerFile {
                parts = .file(
                    Array(text.utf8), configuration: vocabulary.configuration,
                    endTokens: [vocabulary.special.eot, vocabulary.special.eom].compactMap { $0 }, lowercases: false)
            } else {
                parts = .vocabulary(vocabulary)
            }
            chatTemplate = metadata.chatTemplate
            namedChatTemplates = metadata.namedChatTemplates
        case .checkpoint(let checkpoint):
            guard let bytes = try checkpoint.tokenizerFile() else {
                throw MissingTokenizer(hasSentencePiece: checkpoint.hasSentencePieceFile)
            }
            parts = .file(
                bytes, configuration: checkpoint.tokenizerConfiguration,
                endTokens: checkpoint.generation.endTokens.compactMap {
                    Int32(exactly: $0).map(TokenID.init(rawValue:))
                }, lowercases: checkpoint.sentenceModules?.lowercasesTexts ?? false)
            chatTemplate = checkpoint.chatTemplates.main
            namedChatTemplates = checkpoint.chatTemplates.named
        }
    }

    /// The tokeniser in the form that GGUF files have, and the file that it came from where that says more.
    ///
    /// - Parameter rowCount: Rows of the model's embedding; each gets a token.
    func ggufForm(rowCount: Int) throws -> (vocabulary: Vocabulary, tokenizerFile: String?) {
        switch parts {
        case .vocabulary(let vocabulary): return (vocabulary, nil)
        case .file(let bytes, let configuration, let endTokens, let lowercases):
            let (vocabulary, isExact) = try Vocabulary.ggufForm(
                tokenizerFile: bytes, configuration: configuration, endTokens: endTokens, rowCount: rowCount,
                lowercases: lowercases)
            if isExact { return (vocabulary, nil) }
            guard !lowercases, let text = String(validating: bytes, as: UTF8.self) else {
                throw TokenizerError.unsupportedComponent(
                    path: "do_lower_case", name: "more than GGUF files can say of this tokeniser")
            }
            return (vocabulary, text)
        }
    }

    /// Builds the tokeniser, which takes a while.
    ///
    /// - Parameter rowCount: Rows of the model's embedding: a token without a row can't be computed.
    func tokenizer(rowCount: Int) throws -> Tokenizer {
        switch parts {
        case .vocabulary(let vocabulary):
            guard vocabulary.tokens.count <= rowCount else {
                throw VocabularyMismatch(
                    list: "tokenizer.ggml.tokens", tokens: vocabulary.tokens.count, rows: rowCount)
            }
            return try Tokenizer(vocabulary)
        case .file(let bytes, let configuration, let endTokens, let lowercases):
            let tokenizer = try Tokenizer(
                tokenizerFile: bytes, configuration: configuration, endTokens: endTokens, rowCount: rowCount,
                lowercases: lowercases)
            guard tokenizer.vocabularySize <= rowCount else {
                throw VocabularyMismatch(
                    list: "the vocabulary of tokenizer.json", tokens: tokenizer.vocabularySize, rows: rowCount)
            }
            return tokenizer
        }
    }
}

/// The token list and the model's embedding contradict each other.
struct VocabularyMismatch: Error, CustomStringConvertible {
    var list: String
    var tokens: Int
    var rows: Int
    var description: String { "\(list) has \(tokens) entries, but the embedding only \(rows) rows" }
}

/// A folder from which no text can be read.
struct MissingTokenizer: Error, CustomStringConvertible {
    /// Whether there is a tokeniser in the older form.
    var hasSentencePiece: Bool
    var description: String {
        let reason = "the folder has no tokenizer.json"
        guard hasSentencePiece else { return reason + ", so its tokens can't be told" }
        return reason + ", only a tokenizer.model; `AutoTokenizer.from_pretrained(...).save_pretrained(...)` of "
            + "transformers writes one"
    }
}
