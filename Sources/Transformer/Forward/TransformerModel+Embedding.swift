import Kernels

extension TransformerModel {
    /// Makes the first hidden state of the tokens, and computes the angles of their positions.
    func embed(_ member: TeamMember) {
        let length = spec.embeddingLength, embedding = weights.embedding
        if let projection = embedding.projection {
            let isLast = embedding.spec.projectsLast
            let tokens = prepare(rowCount: plan.rowCount, for: projection.matrix, member) { row, scratch in
                embedding.tokens.row(Int(plan.tokens[row]), into: scratch)
                if isLast { finishEmbedding(scratch, row: row) }
                return scratch
            }
            multiply(
                projection, tokens, into: buffers.hidden.pointer, stride: length, accumulates: false, member)
        }
        forEachRow(plan.rowCount, elementCount: 4 * length, member) { row in
            let hidden = buffers.hidden.pointer + row * length
            if embedding.projection == nil { embedding.tokens.row(Int(plan.tokens[row]), into: hidden) }
            if !embedding.spec.projectsLast { finishEmbedding(hidden, row: row) }
            fillAngles(buffers.angles.pointer + row * buffers.sizes.angles, row: row)
        }
    }

    private func finishEmbedding(_ hidden: UnsafeMutablePointer<Float>, row: Int) {
        let embedding = weights.embedding
        let length = embedding.spec.projectsLast ? embedding.spec.length : spec.embeddingLength
        if embedding.spec.scale != 1 { kernels.scale(hidden, by: embedding.spec.scale, count: length) }
        if let positions = embedding.positions {
            kernels.add(hidden, positions.pointer + plan.positions[row] * length, count: length)
        }
        if let types = embedding.types {
            kernels.add(hidden, types.pointer + Int(plan.types[row]) * length, count: length)
        }
        embedding.norm?.apply(hidden, hidden, kernels: kernels)
    }

    private func fillAngles(_ angles: UnsafeMutablePointer<Float>, row: Int) {
        var angles = angles
        let isLong = plan.isLong[plan.segmentOfRow[row]]
        for (rope, frequencies) in zip(weights.ropes, isLong ? longInverseFrequencies : inverseFrequencies) {
            FloatKernels.fillRopeAngles(
                angles, position: plan.positions[row], inverseFrequencies: frequencies.pointer,
                dimensionCount: rope.dimensionCount, magnitude: rope.magnitude, layout: rope.layout.kernelLayout)
            angles += FloatKernels.ropeAngleCount(dimensionCount: rope.dimensionCount)
        }
    }
}
