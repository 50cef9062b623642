/// A matrix that has been written in another format, in memory of its own.
///
/// Lives from the file to the packed form of a matrix, or as long as an embedding table that was quantised at load.
public final class QuantizedMatrix: Sendable {
    public let format: WeightFormat
    public let rowCount: Int
    public let columnCount: Int
    private let byteCount: Int

    // SAFETY: written in `init` only, freed in `deinit` only; between them it is a constant for every thread.
    nonisolated(unsafe) private let memory: ZeroedMemory

    /// Converts the rows of a matrix; see ``QuantizeRows/convert(_:from:rowCount:columnCount:to:into:pool:)``.
    public init(
        _ source: UnsafeRawBufferPointer, from format: WeightFormat, rowCount: Int, columnCount: Int,
        to target: WeightFormat, pool: WorkerPool
    ) throws(KernelError) {
        guard let row = target.byteCount(elementCount: columnCount) else {
            throw .columnCount(columnCount, format: target)
        }
        let (byteCount, overflow) = rowCount.multipliedReportingOverflow(by: row)
        guard rowCount >= 0, !overflow else { throw .sizeOverflow }
        self.format = target
        self.rowCount = rowCount
        self.columnCount = columnCount
        self.byteCount = byteCount
        memory = try ZeroedMemory(byteCount: byteCount)
        try QuantizeRows.convert(
            source, from: format, rowCount: rowCount, columnCount: columnCount, to: target,
            into: UnsafeMutableRawBufferPointer(start: memory.start, count: byteCount), pool: pool)
    }

    /// The rows one after the other; valid as long as this object.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.start, count: byteCount) }
}
