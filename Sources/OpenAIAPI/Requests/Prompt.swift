import JSON

/// A prompt, or a text to embed, as the caller gave it.
public enum Prompt: Hashable, Sendable {
    case text(String)
    /// At least one id, none of them known to exist in the model yet.
    case tokens([Int])

    /// The prompts of a field that holds one or several, as text or as tokens.
    static func list(_ value: JSONValue?) -> [Prompt] {
        switch value {
        case .string(let text): return [.text(text)]
        case .array(let elements):
            if elements.first?.integerValue != nil { return [.tokens(elements.compactMap(\.integerValue))] }
            return elements.compactMap { element in
                switch element {
                case .string(let text): .text(text)
                case .array(let tokens): .tokens(tokens.compactMap(\.integerValue))
                default: nil
                }
            }
        default: return []
        }
    }
}
