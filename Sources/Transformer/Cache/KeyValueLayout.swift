public import Kernels

/// Where the keys and values of every layer lie in one block of the cache, and how large a cache is.
///
/// Known before anything is allocated, so that a caller can decide how many blocks it can afford.
public struct KeyValueLayout: Sendable, Equatable {
    /// Positions in one block.
    public static let blockLength = CacheLayout.blockLength

    /// How keys and values are kept.
    public let type: CacheType
    /// Bytes of one block and key-value head, for each layer.
    let headByteCounts: [Int]
    /// Key-value heads of each layer.
    let headCounts: [Int]
    /// Where each layer's part would begin if a block lay by itself, in bytes.
    let layerOffsets: [Int]
    /// Bytes of one block over all layers.
    public let bytesPerBlock: Int

    public init(_ spec: ModelSpec, type: CacheType = .f16) {
        var headByteCounts: [Int] = []
        var headCounts: [Int] = []
        var layerOffsets: [Int] = []
        var offset = 0
        for attention in spec.attentions {
            let count = CacheLayout.byteCount(headLength: attention.headLength, type: type)
            headByteCounts.append(count)
            headCounts.append(attention.keyValueHeadCount)
            layerOffsets.append(offset)
            offset += attention.keyValueHeadCount * count
        }
        self.type = type
        self.headByteCounts = headByteCounts
        self.headCounts = headCounts
        self.layerOffsets = layerOffsets
        bytesPerBlock = offset
    }

    /// Bytes of one position over all layers.
    public var bytesPerToken: Int { bytesPerBlock / Self.blockLength }

    /// Bytes of the neighbouring blocks that lie together.
    var bytesPerShelf: Int { bytesPerBlock * CacheLayout.blocksPerShelf }

    /// How many blocks hold `tokenCount` positions.
    public static func blockCount(forTokens tokenCount: Int) -> Int {
        tokenCount.dividedRoundingUp(by: blockLength)
    }
}
