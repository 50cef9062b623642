internal import CKernels

/// Some rows and columns of a product that was never stored, see ``PackedMatrix/forEachPiece(of:bias:scratch:member:_:)``.
public struct ProductPiece {
    /// Rows of the activations.
    public let rows: Range<Int>
    /// Rows of each of the stacked matrices.
    public let columns: Range<Int>
    private let values: UnsafeMutablePointer<Float>
    let stride: Int

    init(rows: Range<Int>, columns: Range<Int>, values: UnsafeMutablePointer<Float>, stride: Int) {
        self.rows = rows
        self.columns = columns
        self.values = values
        self.stride = stride
    }

    /// The product of row `row` with matrix `part` of the stack: `columns.count` floats, the caller's to change.
    public func row(_ row: Int, part: Int = 0) -> UnsafeMutablePointer<Float> {
        values + (row - rows.lowerBound) * stride + part * PackedMatrix.Part.stripLength
    }

    /// Floats that pieces of a product with `partCount` stacked matrices take.
    public static func scratchCount(partCount: Int) -> Int {
        maximumRowCount * partCount * PackedMatrix.Part.stripLength
    }

    /// With two parts 16 KB of products: they stay in the first-level cache until they are used.
    static var maximumRowCount: Int { 64 }
}

extension PackedMatrix {
    /// Computes the product piece by piece for a body that makes something of it, while it is in the cache: an activation
    /// function of two stacked matrices, a sum of rows.
    ///
    /// Pieces of stacked matrices come side by side. All members of the team make the call; it returns when all
    /// pieces are done.
    ///
    /// - Parameters:
    ///   - activations: Prepared for this matrix or one like it.
    ///   - bias: ``rowCount`` floats, those of the first stacked matrix first, or nil.
    ///   - scratch: The member's own, ``ProductPiece/scratchCount(partCount:)`` floats.
    ///   - body: Runs for each piece on some member. Pieces have whole blocks of columns
    ///     (``ActivationRows/columnGrain``) and whole groups of rows, but for the last.
    public func forEachPiece(
        of activations: ActivationRows, bias: UnsafePointer<Float>? = nil, scratch: UnsafeMutablePointer<Float>,
        member: TeamMember, _ body: (ProductPiece) -> Void
    ) {
        check(activations)
        let grain = grain(stripCount: pieceStripCount, rowCount: activations.rowCount)
        member.forEach(count: pieceStripCount, grain: grain) { strips in
            for strip in strips { makePieces(ofStrip: strip, activations, bias: bias, scratch: scratch, body) }
        }
    }

    /// Several such products in one loop, each of other rows with a matrix of its own: the experts of a layer.
    ///
    /// - Parameters:
    ///   - count: How many products there are.
    ///   - operands: The matrix and the rows of a product. All matrices have the same shape and format.
    ///   - body: Gets the number of the product as well.
    public static func forEachPiece(
        ofProducts count: Int, operands: (_ product: Int) -> (matrix: PackedMatrix, activations: ActivationRows),
        scratch: UnsafeMutablePointer<Float>, member: TeamMember, _ body: (_ product: Int, ProductPiece) -> Void
    ) {
        guard count > 0 else { return }
        let (first, rows) = operands(0)
        let stripCount = first.pieceStripCount
        let grain = first.grain(stripCount: stripCount, rowCount: rows.rowCount)
        member.forEach(count: count * stripCount, grain: grain) { units in
            for unit in units {
                let (product, strip) = unit.quotientAndRemainder(dividingBy: stripCount)
                let (matrix, activations) = operands(product)
                matrix.check(activations)
                matrix.makePieces(ofStrip: strip, activations, bias: nil, scratch: scratch) { body(product, $0) }
            }
        }
    }

    /// Strips of each of the stacked matrices, which must be of one height.
    private var pieceStripCount: Int {
        let length = parts[0].matrix.output_count
        precondition(parts.allSatisfy { $0.matrix.output_count == length }, "stacked matrices of different heights")
        return parts[0].stripCount
    }

    /// The pieces of one strip of each of the stacked matrices.
    @inline(__always)
    private func makePieces(
        ofStrip strip: Int, _ activations: ActivationRows, bias: UnsafePointer<Float>?,
        scratch: UnsafeMutablePointer<Float>, _ body: (ProductPiece) -> Void
    ) {
        let stripLength = Part.stripLength, stride = parts.count * stripLength
        let columns = strip * stripLength..<min((strip + 1) * stripLength, parts[0].matrix.output_count)
        var first = 0
        while first < activations.rowCount {
            let rows = first..<min(first + ProductPiece.maximumRowCount, activations.rowCount)
            for (index, part) in parts.enumerated() {
                part.multiply(
                    activations, rows: rows, strips: strip..<strip + 1,
                    target: nt_product_target(
                        values: scratch + index * stripLength, stride: stride,
                        bias: bias.map { $0 + part.firstRow + columns.lowerBound }, accumulate: false),
                    kernels: kernels)
            }
            body(ProductPiece(rows: rows, columns: columns, values: scratch, stride: stride))
            first = rows.upperBound
        }
    }
}
