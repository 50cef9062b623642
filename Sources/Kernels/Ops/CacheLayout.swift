internal import CKernels

/// Where keys and values of one layer and key-value head lie in a cache block, in f16.
///
///     keys    [padded head length][blockLength]   transposed: one vector holds one element of many positions
///     values  [blockLength][padded head length]
public enum CacheLayout {
    /// Positions in one block.
    public static let blockLength = Int(NT_BLOCK_LENGTH)

    /// Elements (of 16 bits) of one key-value head in one block.
    public static func elementCount(headLength: Int) -> Int {
        Int(nt_cache_block_elements(Int64(headLength)))
    }
}
