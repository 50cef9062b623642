import Kernels

/// Where the keys and values of every layer lie in one block of the cache, and how large a cache is.
///
/// Known before anything is allocated, so that a caller can decide how many blocks it can afford.
public struct KeyValueLayout: Sendable, Equatable {
    /// Positions in one block.
    public static let blockLength = CacheLayout.blockLength

    /// Elements (f16) of one block and key-value head, for each layer.
    let headElementCounts: [Int]
    /// Where each layer's elements begin in a block.
    let layerOffsets: [Int]
    /// Elements of one block over all layers.
    let blockElementCount: Int

    public init(_ spec: ModelSpec) {
        var headElementCounts: [Int] = []
        var layerOffsets: [Int] = []
        var offset = 0
        for layer in spec.layers {
            switch layer.mixer {
            case .attention(let attention):
                let count = CacheLayout.elementCount(headLength: attention.headLength)
                headElementCounts.append(count)
                layerOffsets.append(offset)
                offset += attention.keyValueHeadCount * count
            }
        }
        self.headElementCounts = headElementCounts
        self.layerOffsets = layerOffsets
        blockElementCount = offset
    }

    /// Bytes of one block over all layers.
    public var bytesPerBlock: Int { blockElementCount * MemoryLayout<UInt16>.stride }

    /// Bytes of one position over all layers.
    public var bytesPerToken: Int { bytesPerBlock / Self.blockLength }

    /// How many blocks hold `tokenCount` positions.
    public static func blockCount(forTokens tokenCount: Int) -> Int {
        tokenCount.dividedRoundingUp(by: blockLength)
    }
}
