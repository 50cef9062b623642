internal import CKernels

/// The left side of a product: rows of activations in the images that the kernels read.
///
/// A view of memory that an ``ActivationBuffer`` owns. It does not keep the buffer alive, which would cost a counted
/// reference for each product on each thread: whoever makes a view holds the buffer until the last product with it is
/// done, as a stored property or by `withExtendedLifetime`. Members of a team that each make a view get the same one.
public struct ActivationRows {
    public let rowCount: Int
    public let columnCount: Int
    /// The images that are stored.
    public let images: ActivationImages

    let quantizedImage: UnsafeMutablePointer<UInt8>
    let floatImage: UnsafeMutablePointer<UInt8>
    let brainImage: UnsafeMutablePointer<UInt8>
    let kernels: OpaquePointer

    /// Stores a whole row; different rows may be stored on different threads.
    ///
    /// - Parameter values: `columnCount` floats.
    public func store(_ values: UnsafePointer<Float>, row: Int) {
        if images.contains(.fine) {
            precondition(row >= 0 && row < rowCount, "row \(row) of \(rowCount)")
            nt_quantize_fine_row(values, columnCount, row, quantizedImage)
            return
        }
        store(values, stride: columnCount, rows: row..<row + 1, columns: 0..<columnCount)
    }

    /// Stores what a body has made of a piece of another product: its first part becomes the same rows and columns here.
    public func store(_ piece: ProductPiece) {
        store(piece.row(piece.rows.lowerBound), stride: piece.stride, rows: piece.rows, columns: piece.columns)
    }

    /// Stores some columns of some rows; different columns, and different rows, may be stored on different threads.
    ///
    /// - Parameters:
    ///   - values: For each row as many floats as there are columns in the range.
    ///   - stride: Floats from one row to the next.
    ///   - rows: Those of a group together cost less than one by one, see ``rowGrain``.
    ///   - columns: Begins at a multiple of ``columnGrain``, and ends at one or at the end of the row.
    public func store(_ values: UnsafePointer<Float>, stride: Int, rows: Range<Int>, columns: Range<Int>) {
        precondition(!images.contains(.fine), "rows in 16 bits are stored whole")
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(rowCount)")
        precondition(columns.lowerBound >= 0 && columns.upperBound <= columnCount, "columns beyond the row")
        precondition(columns.lowerBound.isMultiple(of: Self.columnGrain), "columns come in blocks")
        if images.contains(.quantized) {
            nt_quantize_columns(
                kernels, values, stride, columns.lowerBound, columns.count, columnCount, rows.lowerBound, rows.count,
                quantizedImage)
        }
        if images.contains(.brain) {
            nt_round_brain_columns(
                kernels, values, stride, columns.lowerBound, columns.count, columnCount, rows.lowerBound, rows.count,
                brainImage)
        }
        if images.contains(.float) {
            for row in rows {
                nt_interleave_columns(
                    values + (row - rows.lowerBound) * stride, columns.lowerBound, columns.count, columnCount, row,
                    floatImage)
            }
        }
    }

    /// Rows of one group share cache lines: a loop that stores rows runs best with ranges of a multiple of this.
    public static var rowGrain: Int { Int(NT_GROUP_ROWS) }
    /// Columns of one block share scales and cache lines.
    public static var columnGrain: Int { 32 }

    /// The first `count` rows.
    public func prefix(_ count: Int) -> ActivationRows {
        precondition(count >= 0 && count <= rowCount, "\(count) of \(rowCount) rows")
        return ActivationRows(
            rowCount: count, columnCount: columnCount, images: images, quantizedImage: quantizedImage,
            floatImage: floatImage, brainImage: brainImage, kernels: kernels)
    }

    /// `count` rows from row `first` on, which is the first of a group (a multiple of ``rowGrain``).
    public func rows(from first: Int, count: Int) -> ActivationRows {
        precondition(first.isMultiple(of: Self.rowGrain) && !images.contains(.fine), "rows come in groups")
        precondition(first >= 0 && count >= 0 && first <= rowCount - count, "rows beyond the end")
        return ActivationRows(
            rowCount: count, columnCount: columnCount, images: images,
            quantizedImage: pointer(to: .quantized, row: first), floatImage: pointer(to: .float, row: first),
            brainImage: pointer(to: .brain, row: first), kernels: kernels)
    }

    /// One of the images from row `row` on, which is the first of a group.
    func pointer(to image: ActivationImages, row: Int) -> UnsafeMutablePointer<UInt8> {
        switch image {
        case .fine: quantizedImage + nt_fine_rows_byte_count(row, columnCount)
        case .quantized: quantizedImage + nt_quantized_rows_byte_count(row, columnCount)
        case .brain: brainImage + nt_brain_rows_byte_count(row, columnCount)
        default: floatImage + nt_float_rows_byte_count(row, columnCount)
        }
    }
}
