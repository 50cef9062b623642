/// One tensor of a model file, GGUF or safetensors: what it is and where its bytes are.
public struct StoredTensor: Sendable {
    /// As the file spells it.
    public let name: String
    /// May be one that no weight can have (``TensorType/isWeight``): a checkpoint holds buffers of integers, too.
    public let type: TensorType
    /// Lengths of the axes in GGUF order: `shape[0]` is the length of a row, and rows lie one after another.
    ///
    /// A weight matrix that maps `n` inputs to `m` outputs has the shape `[n, m]`, also when it comes from a
    /// safetensors file, which writes `[m, n]`. Empty for a single number of a safetensors file; lengths of 0 occur
    /// only there.
    public let shape: [Int]
    private let file: MappedFile
    /// Where the bytes are in the file.
    let range: Range<Int>

    init(name: String, type: TensorType, shape: [Int], file: MappedFile, range: Range<Int>) {
        self.name = name
        self.type = type
        self.shape = shape
        self.file = file
        self.range = range
    }

    /// Numbers in a row.
    public var rowLength: Int { shape.first ?? 1 }

    /// Rows over all the other axes.
    public var rowCount: Int { shape.dropFirst().reduce(1, *) }

    public var elementCount: Int { rowLength * rowCount }

    /// Bytes of one row.
    public var rowByteCount: Int { rowLength / type.blockLength * type.blockByteCount }

    public var byteCount: Int { range.count }

    /// The tensor's bytes, `rowCount` times `rowByteCount`, inside the mapped file.
    ///
    /// Little-endian numbers without any alignment: a safetensors file may put them at odd addresses, and a GGUF file
    /// may declare an alignment of 1. Valid as long as the file or any of its tensors is alive; hold one of them in
    /// `withExtendedLifetime` around the use, because the buffer itself keeps nothing alive.
    public var bytes: UnsafeRawBufferPointer {
        // SAFETY: the parser placed `range` inside the file.
        UnsafeRawBufferPointer(rebasing: file.bytes[range])
    }

    /// Tells the kernel that the bytes have been copied and their pages may leave memory.
    ///
    /// Without it a model that is repacked at load counts twice in the process's resident size. The bytes stay
    /// readable; reading them again reads the file.
    public func releasePages() {
        file.advise(.doneWith, range)
    }
}
