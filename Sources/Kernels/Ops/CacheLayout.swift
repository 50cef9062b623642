internal import CKernels

/// How keys and values are kept in the cache.
///
/// Both kinds are integers with scales, so that attention multiplies integers: on x86-64 twice as many in one instruction
/// as floats. Their names are those of llama.cpp's options for 16 and 8 bits, see decision 7.
public enum CacheType: String, Sendable, CaseIterable {
    /// 16-bit integers with a scale for each position and head: as exact as half floats, and hardly larger.
    case f16
    /// 8-bit integers with a scale for each position and 32 elements: 55 % of the memory, and of what decoding reads.
    case q8_0

    var kernelArgument: nt_cache_type { self == .f16 ? NT_CACHE_16 : NT_CACHE_8 }
}

/// Where keys and values of one layer and key-value head lie in a cache block.
///
/// The order is the kernels' business (`ops_cache_layout.h` draws it): keys have vectors along positions, values along
/// elements.
public enum CacheLayout {
    /// Positions in one block.
    public static let blockLength = Int(NT_BLOCK_LENGTH)
    /// Neighbouring blocks that lie together for each layer and head.
    public static let blocksPerShelf = Int(NT_SHELF_BLOCKS)
    /// The longest head that the kernels take.
    public static let maximumHeadLength = Int(NT_MAX_HEAD_DIM)

    /// Bytes of one key-value head in one block: a multiple of 64.
    public static func byteCount(headLength: Int, type: CacheType) -> Int {
        Int(nt_cache_block_bytes(type.kernelArgument, Int64(headLength)))
    }
}

/// Keys and values of consecutive positions of one sequence and one key-value head, to be written to the cache.
public struct CacheRun {
    public var type: CacheType
    public var headLength: Int
    /// The cache of the layer and key-value head; shelves are `shelfStride` bytes apart.
    public var cache: UnsafeMutableRawPointer
    public var shelfStride: Int
    /// Entry `i` is the block of positions `i * blockLength ..< (i + 1) * blockLength`.
    public var blockTable: UnsafePointer<Int32>
    public var firstPosition: Int
    public var positionCount: Int
    /// The first position's key; positions are `stride` floats apart.
    public var keys: UnsafePointer<Float>
    public var values: UnsafePointer<Float>
    public var stride: Int

    public init(
        type: CacheType, headLength: Int, cache: UnsafeMutableRawPointer, shelfStride: Int,
        blockTable: UnsafePointer<Int32>, firstPosition: Int, positionCount: Int, keys: UnsafePointer<Float>,
        values: UnsafePointer<Float>, stride: Int
    ) {
        precondition(headLength > 0 && headLength <= CacheLayout.maximumHeadLength)
        precondition(firstPosition >= 0 && positionCount > 0)
        self.type = type
        self.headLength = headLength
        self.cache = cache
        self.shelfStride = shelfStride
        self.blockTable = blockTable
        self.firstPosition = firstPosition
        self.positionCount = positionCount
        self.keys = keys
        self.values = values
        self.stride = stride
    }

    /// The run as the C kernels take it.
    var kernelArgument: nt_cache_run {
        nt_cache_run(
            type: type.kernelArgument, head_dim: Int32(headLength), cache: cache, shelf_stride: Int64(shelfStride),
            block_table: blockTable, first_position: Int64(firstPosition), position_count: Int64(positionCount),
            keys: keys, values: values, stride: Int64(stride))
    }
}
