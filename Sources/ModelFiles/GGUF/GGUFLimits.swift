/// Bounds on what a GGUF file may declare.
///
/// The counts are also bounded by the bytes that are left in the file, so a short file can't make the reader
/// allocate; these bounds keep a *long* hostile file from costing more memory than a model's header ever needs.
enum GGUFLimits {
    /// Metadata pairs. Real models have 20 to 60.
    static let metadataCount = 65_536
    /// Tensors. The largest mixtures of experts have a few thousand.
    static let tensorCount = 65_536
    /// Bytes of a metadata key: the format's own limit.
    static let keyByteCount = 65_535
    /// Bytes of a tensor's name. The format says 64; some converters write longer ones.
    static let tensorNameByteCount = 256
    /// Dimensions of a tensor.
    static let dimensionCount = 1...4
}
