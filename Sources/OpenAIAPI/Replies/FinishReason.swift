/// Why a reply ended.
public enum FinishReason: String, Hashable, Sendable, CaseIterable {
    /// The model's own end, a stop text or a stop token.
    case stop
    /// The limit of tokens, or the end of the context.
    case length
}
