/// A rendered prompt that still knows which of its bytes the template wrote and which came from the request.
///
/// Control tokens may be recognised only inside trusted fragments: a user who types `<|im_end|>` must get the
/// characters, never the token.
public struct RenderedPrompt: Hashable, Sendable {
    /// A stretch of text of one origin.
    public struct Fragment: Hashable, Sendable {
        public var text: String
        /// Whether the template itself wrote this text.
        public var isTrusted: Bool

        public init(text: String, isTrusted: Bool) {
            self.text = text
            self.isTrusted = isTrusted
        }
    }

    /// The text in order; neighbours differ in origin and none is empty.
    public var fragments: [Fragment]

    public init(fragments: [Fragment]) {
        self.fragments = fragments
    }

    /// The whole prompt.
    public var text: String {
        fragments.reduce(into: "") { $0 += $1.text }
    }

    init(_ text: Text) {
        var start = 0
        fragments = text.runs.map { run in
            defer { start = run.end }
            return Fragment(
                text: String(decoding: text.bytes[start..<run.end], as: UTF8.self), isTrusted: run.isTrusted)
        }
    }
}
