import Transformer

/// How many positions of keys and values a model keeps, for all its sequences together.
public enum CacheSize: Sendable {
    /// As many as one sequence can use.
    case oneContext
    case tokens(Int)
    /// Blocks of `KeyValueLayout.blockLength` positions.
    case blocks(Int)

    func blockCount(of spec: ModelSpec, contextLength: Int?) -> Int {
        switch self {
        case .oneContext:
            KeyValueLayout.blockCount(forTokens: min(contextLength ?? spec.contextLength, spec.contextLength))
        case .tokens(let count): KeyValueLayout.blockCount(forTokens: count)
        case .blocks(let count): count
        }
    }
}
