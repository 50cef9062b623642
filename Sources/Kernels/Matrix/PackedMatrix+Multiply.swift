internal import CKernels

extension PackedMatrix {
    /// Multiplies rows of activations by the transpose of the matrix: `output = activations · matrixᵀ + bias`.
    ///
    /// An output has the same bits whatever the other rows are, however many there are, and however many workers
    /// share the work.
    ///
    /// - Parameters:
    ///   - activations: Prepared for this matrix or one like it.
    ///   - rowCount: Take the first so many rows.
    ///   - output: Row `i` begins at `i * stride` and has ``rowCount`` floats.
    ///   - bias: ``rowCount`` floats that are added to each row, or nil.
    ///   - accumulate: Whether to add to what `output` holds, as a residual connection does.
    public func multiply(
        _ activations: ActivationBuffer, rowCount: Int, into output: UnsafeMutablePointer<Float>, stride: Int,
        bias: UnsafePointer<Float>? = nil, accumulate: Bool = false, pool: WorkerPool
    ) {
        precondition(activations.columnCount == columnCount, "activations of another width")
        precondition(activations.images.isSuperset(of: activationImages), "activations prepared for another format")
        precondition(rowCount >= 0 && rowCount <= activations.rowCount, "more rows than were prepared")
        precondition(stride >= self.rowCount, "rows of the output overlap")
        guard rowCount > 0 else { return }
        pool.parallelFor(count: stripCount, grain: grain(rowCount: rowCount, pool: pool)) { strips, _ in
            var firstStrip = 0
            for part in parts {
                let range = strips.clamped(to: firstStrip..<firstStrip + part.stripCount)
                if !range.isEmpty {
                    let panels = (range.lowerBound - firstStrip) * Part.stripPanelCount
                    let panelEnd = min((range.upperBound - firstStrip) * Part.stripPanelCount, part.panelCount)
                    multiply(
                        part, panels: panels..<panelEnd, activations: activations, rowCount: rowCount,
                        target: nt_product_target(
                            values: output + part.firstRow, stride: stride, bias: bias.map { $0 + part.firstRow },
                            accumulate: accumulate))
                }
                firstStrip += part.stripCount
            }
        }
    }

    private func multiply(
        _ part: Part, panels: Range<Int>, activations: ActivationBuffer, rowCount: Int, target: nt_product_target
    ) {
        let isQuantized = nt_format_is_quantized(part.matrix.format)
        let image = isQuantized ? activations.quantizedImage : activations.floatImage
        withUnsafePointer(to: part.matrix) { matrix in
            withUnsafePointer(to: target) { target in
                nt_matmul(kernels.pointer, matrix, image, rowCount, panels.lowerBound, panels.upperBound, target)
            }
        }
    }

    private var stripCount: Int { parts.reduce(0) { $0 + $1.stripCount } }

    /// How many strips a worker takes at a time: few enough to balance, enough to be worth taking.
    private func grain(rowCount: Int, pool: WorkerPool) -> Int {
        let strips = stripCount
        guard pool.threadCount > 1 else { return strips }
        // A strip takes as long as reading its weights, or as multiplying them by some 8 rows.
        let stripCost = max(1, byteCount / strips) * (1 + rowCount / 8)
        let worthTaking = (Self.leastCost + stripCost - 1) / stripCost
        return max(worthTaking, strips / (Self.rangesPerWorker * pool.threadCount), 1)
    }

    /// Bytes of weights that take about two microseconds to read.
    private static var leastCost: Int { 1 << 16 }
    private static var rangesPerWorker: Int { 8 }
}

extension PackedMatrix.Part {
    /// The kernels take two panels at a time.
    static var stripPanelCount: Int { 2 }

    var stripCount: Int { (panelCount + Self.stripPanelCount - 1) / Self.stripPanelCount }
}
