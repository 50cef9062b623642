internal import CKernels

/// Memory for the left side of products.
///
/// Preparing rows costs a pass over them, so it is done once for all the matrices that share an input. A row goes in
/// either with all the others, ``prepare(_:stride:rowCount:for:pool:)``, or by itself from a loop of the caller's that
/// makes the rows (a norm, an activation function): ``rows(_:for:)``, then ``ActivationRows/store(_:row:)`` for each.
///
/// What comes out are views of the buffer's memory, which goes with the buffer, see ``ActivationRows``.
public final class ActivationBuffer {
    /// The most rows that fit.
    public let rowCapacity: Int

    /// The most columns that fit.
    public let columnCapacity: Int

    private let kernels: KernelTable
    private let quantizedMemory: ZeroedMemory
    private let floatMemory: ZeroedMemory
    private let brainMemory: ZeroedMemory

    /// Reserves room; pages are used only when rows fill them.
    public init(rowCapacity: Int, columnCapacity: Int, kernels: KernelTable) throws(KernelError) {
        precondition(rowCapacity > 0 && columnCapacity > 0, "a buffer has rows and columns")
        guard rowCapacity <= Int.max >> 40, columnCapacity <= Int.max >> 40 else { throw .sizeOverflow }
        self.rowCapacity = rowCapacity
        self.columnCapacity = columnCapacity
        self.kernels = kernels
        quantizedMemory = try ZeroedMemory(byteCount: nt_quantized_rows_byte_count(rowCapacity, columnCapacity))
        floatMemory = try ZeroedMemory(byteCount: nt_float_rows_byte_count(rowCapacity, columnCapacity))
        brainMemory = try ZeroedMemory(byteCount: nt_brain_rows_byte_count(rowCapacity, columnCapacity))
    }

    /// Room for rows that go into products with `matrix`, and with every other matrix that has as many columns and
    /// needs no other image. Earlier views of the buffer become meaningless.
    public func rows(_ rowCount: Int, for matrix: PackedMatrix) -> ActivationRows {
        rows(rowCount, columnCount: matrix.columnCount, images: matrix.activationImages)
    }

    /// Room for rows of `columnCount` elements.
    ///
    /// - Parameter images: What the matrices to come need, together; or `.fine` alone, of which half as many rows fit.
    public func rows(_ rowCount: Int, columnCount: Int, images: ActivationImages) -> ActivationRows {
        precondition(rowCount <= rowCapacity && columnCount <= columnCapacity, "more activations than the buffer holds")
        precondition(!images.contains(.fine) || (images == .fine && rowCount <= rowCapacity / 2), "too many in 16 bits")
        precondition(images == .float || columnCount.isMultiple(of: 32), "columns come in blocks of 32")
        return ActivationRows(
            rowCount: rowCount, columnCount: columnCount, images: images,
            quantizedImage: quantizedMemory.start.assumingMemoryBound(to: UInt8.self),
            floatImage: floatMemory.start.assumingMemoryBound(to: UInt8.self),
            brainImage: brainMemory.start.assumingMemoryBound(to: UInt8.self), kernels: kernels.pointer)
    }

    /// Stores `rowCount` rows for products with `matrix` and its like.
    ///
    /// - Parameters:
    ///   - rows: The first row.
    ///   - stride: Floats from one row to the next.
    public func prepare(
        _ rows: UnsafePointer<Float>, stride: Int, rowCount: Int, for matrix: PackedMatrix, pool: WorkerPool
    ) -> ActivationRows {
        let activations = self.rows(rowCount, for: matrix)
        // Rounding a row takes 0.1 to 0.3 ns for an element; below some 10 µs it is not worth waking a thread.
        let grain = max(32_768 / matrix.columnCount, 1)
        let wholeGroups = (grain + ActivationRows.rowGrain - 1) / ActivationRows.rowGrain * ActivationRows.rowGrain
        pool.parallelFor(count: rowCount, grain: wholeGroups) { range, _ in
            activations.store(
                rows + range.lowerBound * stride, stride: stride, rows: range, columns: 0..<matrix.columnCount)
        }
        return activations
    }
}
