import ChatTemplate
import JSON
import OrderedCollections
import Tokenization

extension TemplateContext {
    /// A conversation for a model's template: with the model's own tokens, and with the roles that may stand inside a
    /// spelled-out control token. Both are a closed set of words that no request chooses.
    init(
        _ messages: [JSONValue], for tokenizer: Tokenizer, tools: [JSONValue]? = nil, addGenerationPrompt: Bool = true,
        extra: JSONObject = [:]
    ) {
        self.init(
            messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt,
            bosToken: tokenizer.bosToken.map { tokenizer.piece(of: $0) } ?? "",
            eosToken: tokenizer.eosToken.map { tokenizer.piece(of: $0) } ?? "", extra: extra,
            trustedRoles: ["system", "user", "assistant", "tool"])
    }
}

extension RenderedPrompt {
    /// The prompt for the tokeniser: control tokens are looked for only where the template itself wrote.
    var textFragments: [TextFragment] {
        fragments.map { TextFragment($0.text, parseSpecial: $0.isTrusted) }
    }
}
