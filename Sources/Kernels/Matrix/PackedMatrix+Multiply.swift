internal import CKernels

extension PackedMatrix {
    /// Multiplies rows of activations by the transpose of the matrix: `output = activations · matrixᵀ + bias`.
    ///
    /// An output has the same bits whatever the other rows are, however many there are, and however many workers
    /// share the work. All members of the team make the call; it returns when the product is complete.
    ///
    /// - Parameters:
    ///   - activations: Prepared for this matrix or one like it.
    ///   - output: Row `i` begins at `i * stride` and has ``rowCount`` floats.
    ///   - bias: ``rowCount`` floats that are added to each row, or nil.
    ///   - accumulate: Whether to add to what `output` holds, as a residual connection does.
    public func multiply(
        _ activations: ActivationRows, into output: UnsafeMutablePointer<Float>, stride: Int,
        bias: UnsafePointer<Float>? = nil, accumulate: Bool = false, member: TeamMember
    ) {
        check(activations)
        precondition(stride >= self.rowCount, "rows of the output overlap")
        guard activations.rowCount > 0 else { return }
        let grain = grain(stripCount: stripCount, rowCount: activations.rowCount)
        member.forEach(count: stripCount, grain: grain) { strips in
            var firstStrip = 0
            for part in parts {
                let range = strips.clamped(to: firstStrip..<firstStrip + part.stripCount)
                if !range.isEmpty {
                    let row = part.firstRow + (range.lowerBound - firstStrip) * Part.stripLength
                    part.multiply(
                        activations, rows: 0..<activations.rowCount,
                        strips: range.lowerBound - firstStrip..<range.upperBound - firstStrip,
                        target: nt_product_target(
                            values: output + row, stride: stride, bias: bias.map { $0 + row }, accumulate: accumulate),
                        kernels: kernels)
                }
                firstStrip += part.stripCount
            }
        }
    }

    /// The same on a team of its own.
    public func multiply(
        _ activations: ActivationRows, into output: UnsafeMutablePointer<Float>, stride: Int,
        bias: UnsafePointer<Float>? = nil, accumulate: Bool = false, pool: WorkerPool
    ) {
        let isSmall = stripCount <= grain(stripCount: stripCount, rowCount: activations.rowCount)
        pool.run(alone: isSmall) { member in
            multiply(activations, into: output, stride: stride, bias: bias, accumulate: accumulate, member: member)
        }
    }

    func check(_ activations: ActivationRows) {
        precondition(activations.columnCount == columnCount, "activations of another width")
        let isPrepared =
            activations.images == .fine ? hasFineProducts : activations.images.isSuperset(of: activationImages)
        precondition(isPrepared, "activations prepared for another format")
    }

    /// Whether the kernels multiply rows in 16 bits by this matrix, see ``ActivationImages/fine``.
    ///
    /// Where they do not, two rows of 8 bits, the rounded value and the rounded rest, stand for one.
    public var hasFineProducts: Bool {
        parts.allSatisfy { nt_has_fine_rows(kernels.pointer, $0.matrix.format) }
    }

    var stripCount: Int { parts.reduce(0) { $0 + $1.stripCount } }

    /// How many strips a member takes at a time: few enough to balance, enough to be worth taking.
    func grain(stripCount: Int, rowCount: Int) -> Int {
        // A strip takes as long as reading its weights, or as multiplying them by some 8 rows.
        let stripCost = max(1, byteCount / stripCount) * (1 + rowCount / 8)
        return max(1, Self.worthTaking / stripCost)
    }

    /// Bytes of weights that take a fraction of a microsecond to read: with larger ranges members end further apart.
    private static var worthTaking: Int { 1 << 13 }
}

extension PackedMatrix.Part {
    /// The kernels take two panels at a time.
    static var stripPanelCount: Int { 2 }
    /// Rows of the matrix in a strip.
    static var stripLength: Int { stripPanelCount * Int(NT_PANEL_ROWS) }

    var stripCount: Int { (panelCount + Self.stripPanelCount - 1) / Self.stripPanelCount }

    /// Multiplies rows `rows` by some strips; `target.values` is the place of the first of them.
    ///
    /// - Parameter rows: Begins with the first row of a group.
    func multiply(
        _ activations: ActivationRows, rows: Range<Int>, strips: Range<Int>, target: nt_product_target,
        kernels: KernelTable
    ) {
        let firstRow = strips.lowerBound * Self.stripLength
        let length = min(strips.count * Self.stripLength, matrix.output_count - firstRow)
        let piece = nt_packed_matrix(
            format: matrix.format, output_count: length, input_count: matrix.input_count,
            panels: matrix.panels + strips.lowerBound * Self.stripPanelCount * panelByteCount)
        withUnsafePointer(to: piece) { piece in
            withUnsafePointer(to: target) { target in
                let image = activations.images == .fine ? .fine : image
                let multiply = image == .fine ? nt_matmul_fine : image == .brain ? nt_matmul_brain : nt_matmul
                multiply(
                    kernels.pointer, piece, activations.pointer(to: image, row: rows.lowerBound), rows.count, 0,
                    nt_panel_count(length), target)
            }
        }
    }
}
