extension PackedMatrix {
    /// Stacks matrices, those of floats quantised before.
    ///
    /// Takes memory for the quantised rows of all `sources` beside the packed ones while it runs.
    ///
    /// - Parameter format: What matrices of floats become; nil leaves all as they are. Those that are quantised already
    ///   stay so, and rows that aren't whole blocks get another format, see ``WeightFormat/fitting(rowLength:)``. With
    ///   BF16 activations are rounded to bfloat16 as well where the kernels do so.
    /// - Throws: ``KernelError``, as the packing does, and ``KernelError/unwritableRow(_:format:)``.
    public convenience init(
        stacking sources: [WeightSource], quantizingTo format: WeightFormat?, columnCount: Int, kernels: KernelTable,
        pool: WorkerPool, arena: WeightArena? = nil
    ) throws(KernelError) {
        var owned: [QuantizedMatrix] = []
        var written: [WeightSource] = []
        for source in sources {
            let target = source.format.packed(quantizingTo: format, columnCount: columnCount)
            guard target != source.format else {
                written.append(source)
                continue
            }
            let matrix = try QuantizedMatrix(
                source.bytes, from: source.format, rowCount: source.rowCount, columnCount: columnCount, to: target,
                pool: pool)
            written.append(WeightSource(format: target, rowCount: source.rowCount, bytes: matrix.bytes))
            owned.append(matrix)
        }
        defer { withExtendedLifetime(owned) {} }
        try self.init(
            stacking: written, columnCount: columnCount, roundsToBrain: format == .bf16, kernels: kernels, pool: pool,
            arena: arena)
    }
}

extension WeightFormat {
    /// The format in which a matrix of this one is packed when matrices of floats are to become `wanted`.
    public func packed(quantizingTo wanted: WeightFormat?, columnCount: Int) -> WeightFormat {
        guard let fitting = wanted?.fitting(rowLength: columnCount), !isQuantized else { return self }
        return fitting.isQuantized || fitting == .bf16 ? fitting : self
    }
}
