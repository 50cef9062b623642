import Kernels

extension TransformerModel {
    /// Runs `body` for each of `count` rows, shared by the team, and waits for all.
    ///
    /// - Parameter elementCount: About how many floats one row costs.
    func forEachRow(_ count: Int, elementCount: Int, _ member: TeamMember, _ body: (_ row: Int) -> Void) {
        // A range takes a microsecond or more, and is whole groups of rows that share cache lines in the activations.
        let group = ActivationRows.rowGrain
        let enough = (8192 / max(1, elementCount)).dividedRoundingUp(by: group) * group
        member.forEach(count: count, grain: max(group, enough)) { rows in
            for row in rows { body(row) }
        }
    }

    /// Makes the input of a product with `matrix`.
    ///
    /// - Parameters:
    ///   - precision: How the rows are rounded. For `.twoTerms`, `body` must return memory that may be changed.
    ///   - others: What other matrices need that the rows go into as well.
    ///   - body: Returns where row `row` is: in `scratch` if it was made there, or where it was all along.
    func prepare(
        rowCount: Int, precision: InputPrecision = .single, for matrix: PackedMatrix,
        images others: ActivationImages = [], _ member: TeamMember,
        _ body: (_ row: Int, _ scratch: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float>
    ) -> ActivationRows {
        let scratch = buffers.scratch(of: member), terms = precision.termCount
        let images = precision == .fine ? .fine : matrix.activationImages.union(others)
        func store(_ row: Int, _ activations: ActivationRows) {
            let values = body(row, scratch.row.pointer)
            activations.store(values, row: row * terms)
            guard precision == .twoTerms else { return }
            ActivationBuffer.subtractRounded(from: values, count: matrix.columnCount)
            activations.store(values, row: row * terms + 1)
        }
        guard rowCount > 1 else {
            // One row each member makes for itself: that takes less time than meeting at a barrier.
            let own = scratch.activations.rows(rowCount * terms, columnCount: matrix.columnCount, images: images)
            if rowCount == 1 { store(0, own) }
            return own
        }
        let shared = buffers.activations.rows(rowCount * terms, columnCount: matrix.columnCount, images: images)
        forEachRow(rowCount, elementCount: 4 * matrix.columnCount, member) { store($0, shared) }
        return shared
    }

    /// The hidden state of `rowCount` rows, normed if there is a norm, as the input of a product.
    func normed(
        rowCount: Int, _ norm: NormWeights?, precision: InputPrecision = .single, for matrix: PackedMatrix,
        images: ActivationImages = [], _ member: TeamMember
    ) -> ActivationRows {
        let hidden = buffers.hidden.pointer, length = spec.embeddingLength
        return prepare(
            rowCount: rowCount, precision: precision, for: matrix, images: images, member
        ) { row, scratch in
            guard let norm else { return hidden + row * length }
            norm.apply(scratch, hidden + row * length, kernels: kernels)
            return scratch
        }
    }

    /// Multiplies activations, adds the product to the hidden state, and norms what is to be normed of both.
    func addProduct(
        _ projection: ProjectionWeights, _ activations: ActivationRows, norms: BlockNorms, _ member: TeamMember
    ) {
        let hidden = buffers.hidden.pointer, length = spec.embeddingLength
        if norms.output == nil {
            multiply(projection, activations, into: hidden, stride: length, accumulates: true, member)
            guard let norm = norms.sum else { return }
            forEachRow(activations.rowCount, elementCount: 4 * length, member) { row in
                norm.apply(hidden + row * length, hidden + row * length, kernels: kernels)
            }
            return
        }
        let products = buffers.projected.pointer
        multiply(projection, activations, into: products, stride: length, accumulates: false, member)
        forEachRow(activations.rowCount, elementCount: 4 * length, member) { row in
            add(products + row * length, toRow: row, norms)
        }
    }

    /// Adds a row to one of the hidden state, each normed as it is to be; `values` change.
    func add(_ values: UnsafeMutablePointer<Float>, toRow row: Int, _ norms: BlockNorms) {
        let length = spec.embeddingLength, hidden = buffers.hidden.pointer + row * length
        norms.output?.apply(values, values, kernels: kernels)
        kernels.add(hidden, values, count: length)
        norms.sum?.apply(hidden, hidden, kernels: kernels)
    }

    func multiply(
        _ projection: ProjectionWeights, _ activations: ActivationRows, into output: UnsafeMutablePointer<Float>,
        stride: Int, accumulates: Bool, _ member: TeamMember
    ) {
        projection.matrix.multiply(
            activations, into: output, stride: stride, bias: projection.bias.map { UnsafePointer($0.pointer) },
            accumulate: accumulates, member: member)
    }
}

extension RopeSpec.Layout {
    var kernelLayout: FloatKernels.RopeLayout {
        switch self {
        case .adjacent: .adjacent
        case .halves: .halves
        }
    }
}
