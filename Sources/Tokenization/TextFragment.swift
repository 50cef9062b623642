/// A stretch of a prompt and whether its author may write control tokens.
///
/// A rendered chat template is a sequence of these: what the template itself wrote is trusted, what a user or
/// a tool wrote is not. `<|im_end|>` typed by a user then stays ordinary text.
public struct TextFragment: Hashable, Sendable {
    public var text: String

    /// Whether control tokens spelled out in `text` become those tokens.
    public var parseSpecial: Bool

    public init(_ text: String, parseSpecial: Bool) {
        self.text = text
        self.parseSpecial = parseSpecial
    }
}
