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

    /// Looks up the tokens' embeddings and computes the angles of their positions.
    func embed(_ member: TeamMember) {
        let length = spec.embeddingLength
        forEachRow(plan.rowCount, elementCount: 4 * length, member) { row in
            let hidden = buffers.hidden.pointer + row * length
            weights.embedding.row(Int(plan.tokens[row]), into: hidden)
            if spec.embeddingScale != 1 { kernels.scale(hidden, by: spec.embeddingScale, count: length) }
            var angles = buffers.angles.pointer + row * buffers.sizes.angles
            for (rope, frequencies) in zip(weights.ropes, inverseFrequencies) {
                FloatKernels.fillRopeAngles(
                    angles, position: plan.positions[row], inverseFrequencies: frequencies.pointer,
                    dimensionCount: rope.dimensionCount, layout: rope.layout.kernelLayout)
                angles += FloatKernels.ropeAngleCount(dimensionCount: rope.dimensionCount)
            }
        }
    }

    /// Makes the input of a product with `matrix`.
    ///
    /// - Parameters:
    ///   - precision: How the rows are rounded. But for `.single`, `body` must return memory that may be changed.
    ///   - body: Returns where row `row` is: in `scratch` if it was made there, or where it was all along.
    func prepare(
        rowCount: Int, precision: InputPrecision = .single, for matrix: PackedMatrix, _ member: TeamMember,
        _ body: (_ row: Int, _ scratch: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float>
    ) -> ActivationRows {
        let scratch = buffers.scratch(of: member), terms = precision.termCount
        let images = precision == .fine ? .fine : matrix.activationImages
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

    /// The hidden state of `rowCount` rows, normed, as the input of `projection`.
    func normed(
        rowCount: Int, _ norm: NormWeights, for projection: ProjectionWeights, _ member: TeamMember
    ) -> ActivationRows {
        let hidden = buffers.hidden.pointer, length = spec.embeddingLength
        return prepare(rowCount: rowCount, for: projection.matrix, member) { row, scratch in
            norm.apply(scratch, hidden + row * length, kernels: kernels)
            return scratch
        }
    }

    /// Multiplies activations and adds the product to the hidden state.
    func addProduct(
        _ projection: ProjectionWeights, _ activations: ActivationRows, outputNorm: NormWeights?, _ member: TeamMember
    ) {
        let hidden = buffers.hidden.pointer, length = spec.embeddingLength
        guard let outputNorm else {
            multiply(projection, activations, into: hidden, stride: length, accumulates: true, member)
            return
        }
        let products = buffers.projected.pointer
        multiply(projection, activations, into: products, stride: length, accumulates: false, member)
        forEachRow(activations.rowCount, elementCount: 4 * length, member) { row in
            let product = products + row * length
            outputNorm.apply(product, product, kernels: kernels)
            kernels.add(hidden + row * length, product, count: length)
        }
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
