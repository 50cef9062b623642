import Kernels

/// Where the keys and values of every layer lie in one block of the cache, and how large a cache is.
///
/// Known before anything is allocated, so that a caller can decide how many blocks it can afford.
public struct KeyValueLayout: Sendable, Equatable {
    /// Positions in one block.
    public static let blockLength = CacheLayout.blockLength

    /// Elements (f16) of one block and key-value head, for each layer.
    let headElementCounts: [Int]
    /// Elements of one block in each layer.
    let blockElementCounts: [Int]

    public init(_ spec: ModelSpec) {
        let attentions = spec.layers.map { layer in
            switch layer.mixer {
            case .attention(let attention): attention
            }
        }
        headElementCounts = attentions.map { CacheLayout.elementCount(headLength: $0.headLength) }
        blockElementCounts = zip(attentions, headElementCounts).map { $0.keyValueHeadCount * $1 }
    }

    /// Bytes of one block over all layers.
    public var bytesPerBlock: Int { blockElementCounts.reduce(0, +) * MemoryLayout<UInt16>.stride }

    /// Bytes of one position over all layers.
    public var bytesPerToken: Int { bytesPerBlock / Self.blockLength }

    /// How many blocks hold `tokenCount` positions.
    public static func blockCount(forTokens tokenCount: Int) -> Int {
        (tokenCount + blockLength - 1) / blockLength
    }
}
