import Kernels

extension TransformerModel {
    /// How many 8-bit terms the output matrix's input is split into.
    ///
    /// Rounding activations to 8 bits costs accuracy, and nowhere as much as here, where the error goes straight into the
    /// logits. So the input is the sum of two terms: what rounding gives, and the rounded rest. The two are rows of one
    /// product, which reads the weights once: with few rows, where memory is the limit, the second one is free.
    var outputTermCount: Int { weights.output.matrix.activationImages.contains(.quantized) ? 2 : 1 }

    /// The final norm and the output matrix, for the rows of the hidden state that are wanted, which come first.
    func computeLogits(_ member: TeamMember) {
        let rowCount = plan.outputRows.count, terms = outputTermCount
        guard rowCount > 0 else { return }
        let hidden = buffers.hidden.pointer, length = spec.embeddingLength
        let input = prepare(rowCount: rowCount, terms: terms, for: weights.output.matrix, member) { row, scratch in
            weights.outputNorm.apply(scratch, hidden + row * length, kernels: kernels)
            return scratch
        }
        let logits = buffers.logits.pointer, vocabulary = spec.vocabularySize
        weights.output.matrix.forEachPiece(
            of: input, bias: weights.output.bias.map { UnsafePointer($0.pointer) },
            scratch: buffers.scratch(of: member).pieces.pointer, member: member
        ) { piece in
            let count = piece.columns.count
            for first in stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: terms) {
                let values = piece.row(first)
                if terms == 2 { kernels.add(values, piece.row(first + 1), count: count) }
                if let cap = spec.logitSoftCap { kernels.softCap(values, cap: cap, count: count) }
                let target = logits + first / terms * vocabulary + piece.columns.lowerBound
                target.update(from: values, count: count)
            }
        }
    }
}
