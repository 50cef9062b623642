internal import CKernels

/// The left side of products: rows of activations, in the images the kernels read.
///
/// Preparing rows costs a pass over them, so it is done once for all the matrices that share an input. A row goes in
/// either with all the others, ``prepare(_:stride:rowCount:for:pool:)``, or by itself from a loop of the caller's that
/// makes the rows (a norm, an activation function): ``begin(rowCount:for:)``, then ``store(_:row:)`` for each row.
public final class ActivationBuffer {
    /// The most rows that fit.
    public let rowCapacity: Int

    /// The most columns that fit.
    public let columnCapacity: Int

    /// Rows of one group share cache lines: a loop that stores rows runs best with ranges of a multiple of this.
    public static var rowGrain: Int { NT_GROUP_ROWS }

    private(set) var rowCount = 0
    private(set) var columnCount = 0
    private(set) var images: ActivationImages = []

    private let kernels: KernelTable
    private let quantizedMemory: ZeroedMemory
    private let floatMemory: ZeroedMemory

    /// Reserves room; pages are used only when rows fill them.
    public init(rowCapacity: Int, columnCapacity: Int, kernels: KernelTable) throws(KernelError) {
        precondition(rowCapacity > 0 && columnCapacity > 0, "a buffer has rows and columns")
        guard rowCapacity <= Int.max >> 40, columnCapacity <= Int.max >> 40 else { throw .sizeOverflow }
        self.rowCapacity = rowCapacity
        self.columnCapacity = columnCapacity
        self.kernels = kernels
        quantizedMemory = try ZeroedMemory(byteCount: nt_quantized_rows_byte_count(rowCapacity, columnCapacity))
        floatMemory = try ZeroedMemory(byteCount: nt_float_rows_byte_count(rowCapacity, columnCapacity))
    }

    /// The quantised image of the rows.
    var quantizedImage: UnsafeMutablePointer<UInt8> { quantizedMemory.start.assumingMemoryBound(to: UInt8.self) }

    /// The float image of the rows.
    var floatImage: UnsafeMutablePointer<UInt8> { floatMemory.start.assumingMemoryBound(to: UInt8.self) }

    /// Makes the buffer ready to store rows for products with `matrix`, and with every other matrix that has as many
    /// columns and needs no other image.
    public func begin(rowCount: Int, for matrix: PackedMatrix) {
        begin(rowCount: rowCount, columnCount: matrix.columnCount, images: matrix.activationImages)
    }

    /// Makes the buffer ready to store rows of `columnCount` elements.
    ///
    /// - Parameter images: What the matrices to come need, together.
    public func begin(rowCount: Int, columnCount: Int, images: ActivationImages) {
        precondition(rowCount <= rowCapacity && columnCount <= columnCapacity, "more activations than the buffer holds")
        precondition(!images.contains(.quantized) || columnCount.isMultiple(of: 32), "columns come in blocks of 32")
        self.rowCount = rowCount
        self.columnCount = columnCount
        self.images = images
    }

    /// Stores row `row` of those announced by `begin`; different rows may be stored on different threads.
    ///
    /// - Parameter values: `columnCount` floats.
    public func store(_ values: UnsafePointer<Float>, row: Int) {
        precondition(row >= 0 && row < rowCount, "row \(row) of \(rowCount)")
        if images.contains(.quantized) {
            nt_quantize_row(kernels.pointer, values, columnCount, row, quantizedImage)
        }
        if images.contains(.float) {
            nt_interleave_row(values, columnCount, row, floatImage)
        }
    }

    /// Stores `rowCount` rows for products with `matrix` and its like.
    ///
    /// - Parameters:
    ///   - rows: The first row.
    ///   - stride: Floats from one row to the next.
    public func prepare(
        _ rows: UnsafePointer<Float>, stride: Int, rowCount: Int, for matrix: PackedMatrix, pool: WorkerPool
    ) {
        begin(rowCount: rowCount, for: matrix)
        // Rounding a row takes about 0.3 ns for an element; below some 10 µs it is not worth waking a thread.
        let grain = max(32_768 / matrix.columnCount, 1)
        let wholeGroups = (grain + Self.rowGrain - 1) / Self.rowGrain * Self.rowGrain
        pool.parallelFor(count: rowCount, grain: wholeGroups) { range, _ in
            for row in range { store(rows + row * stride, row: row) }
        }
    }
}
