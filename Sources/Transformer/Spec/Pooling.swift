/// How the hidden states of a text become one vector.
public enum Pooling: String, Hashable, Sendable, CaseIterable {
    /// The mean of all tokens.
    case mean
    /// The first token: `[CLS]` of models that were trained so.
    case first
    /// The last token: of models in which tokens see only those before them.
    case last
    /// The largest value of each dimension over all tokens.
    case max
}
