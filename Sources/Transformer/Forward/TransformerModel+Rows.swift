import Kernels

extension TransformerModel {
    /// Runs `body` for each of `count` rows, sharing the rows among the workers when there is enough to do.
    ///
    /// - Parameter elementCount: About how many floats one row costs.
    func forEachRow(_ count: Int, elementCount: Int, _ body: (_ row: Int, _ worker: Int) -> Void) {
        // A range takes a few microseconds, and is whole groups of rows that share cache lines in the activations.
        let group = ActivationBuffer.rowGrain
        let enough = (16_384 / max(1, elementCount)).dividedRoundingUp(by: group) * group
        pool.parallelFor(count: count, grain: max(group, enough)) { rows, worker in
            for row in rows { body(row, worker) }
        }
    }

    /// Looks up the tokens' embeddings and computes the angles of their positions.
    func embed() {
        let length = spec.embeddingLength
        forEachRow(plan.rowCount, elementCount: 4 * length) { row, _ in
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

    /// Norms the hidden state into the input of a matrix product.
    func normIntoActivations(_ norm: NormWeights, for projection: ProjectionWeights) {
        let length = spec.embeddingLength
        buffers.activations.begin(rowCount: plan.rowCount, for: projection.matrix)
        forEachRow(plan.rowCount, elementCount: 4 * length) { row, worker in
            let normed = buffers.row(worker: worker)
            norm.apply(normed, buffers.hidden.pointer + row * length, kernels: kernels)
            buffers.activations.store(normed, row: row)
        }
    }

    /// Multiplies the prepared activations and adds the product to the hidden state.
    func addProduct(_ projection: ProjectionWeights, outputNorm: NormWeights?) {
        let length = spec.embeddingLength
        guard let outputNorm else {
            multiply(
                projection, rowCount: plan.rowCount, into: buffers.hidden.pointer, stride: length, accumulates: true)
            return
        }
        multiply(
            projection, rowCount: plan.rowCount, into: buffers.projected.pointer, stride: length, accumulates: false)
        forEachRow(plan.rowCount, elementCount: 4 * length) { row, _ in
            let product = buffers.projected.pointer + row * length
            outputNorm.apply(product, product, kernels: kernels)
            kernels.add(buffers.hidden.pointer + row * length, product, count: length)
        }
    }

    func multiply(
        _ projection: ProjectionWeights, rowCount: Int, into output: UnsafeMutablePointer<Float>, stride: Int,
        accumulates: Bool
    ) {
        projection.matrix.multiply(
            buffers.activations, rowCount: rowCount, into: output, stride: stride,
            bias: projection.bias.map { UnsafePointer($0.pointer) }, accumulate: accumulates, pool: pool)
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
