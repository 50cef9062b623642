import ChatTemplate
import JSON
import ModelFiles
public import Tokenization

extension ModelLoader {
    /// The tokeniser alone, without loading any weights.
    ///
    /// - Throws: ``ModelLoadFailure``
    public static func tokenizer(of path: String) throws(ModelLoadFailure) -> Tokenizer {
        do {
            return try Tokenizer(Vocabulary(try TokenizerMetadata(try GGUFFile(path: path).metadata)))
        } catch {
            throw ModelLoadFailure(path: path, reason: "\(error)")
        }
    }
}

extension OpenedModel {
    /// A conversation of one user's message, framed by the model's own template.
    public func chatPrompt(user: String) throws -> [TokenID] {
        guard let source = metadata.chatTemplate else { throw MissingChatTemplate() }
        let rendered = try ChatTemplate(source: source).render(
            TemplateContext(
                messages: [["role": "user", "content": .string(user)]],
                bosToken: tokenizer.bosToken.map { tokenizer.piece(of: $0) } ?? "",
                eosToken: tokenizer.eosToken.map { tokenizer.piece(of: $0) } ?? ""))
        let fragments = rendered.fragments.map { TextFragment($0.text, parseSpecial: $0.isTrusted) }
        return tokenizer.encode(fragments, addSpecial: false)
    }
}

struct MissingChatTemplate: Error, CustomStringConvertible {
    var description: String { "the model has no chat template" }
}
