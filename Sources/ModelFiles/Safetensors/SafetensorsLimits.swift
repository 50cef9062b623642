/// Bounds on what a safetensors file may declare.
enum SafetensorsLimits {
    /// Bytes of the header: the format's own limit.
    static let headerByteCount = 100_000_000
    /// Tensors of one file. The largest mixtures of experts have some fifty thousand.
    static let tensorCount = 1 << 18
    /// Dimensions of a tensor: as many as PyTorch and NumPy can hold.
    static let dimensionCount = 64
    /// Bytes of a member of the header that this reader doesn't know and steps over.
    static let unknownMemberByteCount = 1 << 16
}
