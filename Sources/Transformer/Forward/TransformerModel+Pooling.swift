import Kernels

extension TransformerModel {
    /// Makes one vector of the normed rows of each text that asks for it.
    func pool(_ member: TeamMember) {
        let length = spec.embeddingLength
        // With a number of texts that all members know there are as many loops.
        guard plan.poolCount > 0 else { return }
        member.forEach(count: plan.poolCount, grain: 1) { texts in
            for text in texts {
                pool(
                    plan.pool(text), into: buffers.pooled.pointer + text * length,
                    buffers.scratch(of: member).row.pointer)
            }
        }
    }

    /// Rows are added in their order, so a text's vector is the same in any batch.
    private func pool(
        _ pool: StepPlan.Pool, into output: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
    ) {
        let length = spec.embeddingLength, hidden = buffers.hidden.pointer
        normOutput(output, hidden + pool.rows.lowerBound * length)
        for row in pool.rows.dropFirst() {
            normOutput(scratch, hidden + row * length)
            if pool.pooling == .max {
                for element in 0..<length { output[element] = max(output[element], scratch[element]) }
            } else {
                kernels.add(output, scratch, count: length)
            }
        }
        if pool.pooling == .mean { kernels.scale(output, by: 1 / Float(pool.rows.count), count: length) }
    }
}
