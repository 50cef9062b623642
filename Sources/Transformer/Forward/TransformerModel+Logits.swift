import Kernels

extension TransformerModel {
    /// How many 8-bit terms the output matrix's input is split into.
    ///
    /// Rounding activations to 8 bits costs accuracy, and nowhere as much as here, where the error goes straight into the
    /// logits. So the input is the sum of two terms: what rounding gives, and the rounded rest. The two are rows of one
    /// product, which reads the weights once: with few rows, where memory is the limit, the second one is free.
    var outputTermCount: Int { weights.output.matrix.activationImages.contains(.quantized) ? 2 : 1 }

    /// The final norm and the output matrix, for the rows that are wanted.
    func computeLogits() -> UnsafeBufferPointer<Float> {
        let rowCount = plan.outputRows.count, terms = outputTermCount, vocabulary = spec.vocabularySize
        let logits = UnsafeMutableBufferPointer(start: buffers.logits.pointer, count: rowCount * vocabulary)
        guard rowCount > 0 else { return UnsafeBufferPointer(logits) }
        prepareOutputRows(terms: terms)
        multiply(
            weights.output, rowCount: rowCount * terms, into: buffers.logits.pointer, stride: vocabulary,
            accumulates: false)
        if terms == 2 { addTerms(rowCount) }
        if let cap = spec.logitSoftCap {
            forEachRow(rowCount, elementCount: 8 * vocabulary) { index, _ in
                kernels.softCap(buffers.logits.pointer + index * vocabulary, cap: cap, count: vocabulary)
            }
        }
        return UnsafeBufferPointer(logits)
    }

    private func prepareOutputRows(terms: Int) {
        let length = spec.embeddingLength
        buffers.activations.begin(rowCount: plan.outputRows.count * terms, for: weights.output.matrix)
        // Rows of one group share cache lines, and the terms of one row are neighbours.
        forEachRow(plan.outputRows.count, elementCount: 8 * length) { index, worker in
            let normed = buffers.row(worker: worker)
            weights.outputNorm.apply(
                normed, buffers.hidden.pointer + plan.outputRows[index] * length, kernels: kernels)
            buffers.activations.store(normed, row: index * terms)
            if terms == 2 {
                ActivationBuffer.subtractRounded(from: normed, count: length)
                buffers.activations.store(normed, row: index * 2 + 1)
            }
        }
    }

    /// Adds each row's two terms; row `i` comes to stand where row `i`'s logits belong, before the rows not yet read.
    private func addTerms(_ rowCount: Int) {
        let vocabulary = spec.vocabularySize
        let logits = buffers.logits.pointer
        pool.parallelFor(count: vocabulary, grain: 4096) { columns, _ in
            for row in 0..<rowCount {
                let first = logits + 2 * row * vocabulary, second = first + vocabulary
                let sum = logits + row * vocabulary
                for column in columns { sum[column] = first[column] + second[column] }
            }
        }
    }
}
