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
            return try ModelText(try ModelSource.open(path: path)).tokenizer(rowCount: .max)
        } catch {
            throw ModelLoadFailure(path: path, reason: "\(error)")
        }
    }
}

extension OpenedModel {
    /// A conversation of one user's message, framed by the model's own template.
    public func chatPrompt(user: String) throws -> [TokenID] {
        guard let source = text.chatTemplate else { throw MissingChatTemplate() }
        let context = TemplateContext([["role": "user", "content": .string(user)]], for: tokenizer)
        let rendered = try ChatTemplate(source: source).render(context)
        return tokenizer.encode(rendered.textFragments, addSpecial: false)
    }
}

struct MissingChatTemplate: Error, CustomStringConvertible {
    var description: String { "the model has no chat template" }
}
