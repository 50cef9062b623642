import Kernels

/// How the rows that go into a product are rounded.
enum InputPrecision {
    /// As the matrix asks for: to 8 bits, or not at all.
    case single
    /// To 8 bits, and what that takes away in a second row of 8 bits.
    case twoTerms
    /// To 16 bits.
    case fine

    /// Rows of the product that stand for one.
    var termCount: Int { self == .twoTerms ? 2 : 1 }
}

extension TransformerModel {
    /// How the output matrix's input is rounded.
    ///
    /// Rounding activations to 8 bits costs accuracy, and nowhere as much as here, where the error goes straight into the
    /// logits. So it is rounded to 16 bits; without kernels for that, the input is the sum of two terms: what rounding to
    /// 8 bits gives, and the rounded rest. The two are rows of one product, which reads the weights once. Either way, with
    /// few rows, where memory is the limit, the better input is free.
    var outputPrecision: InputPrecision {
        let matrix = weights.output.matrix
        guard matrix.activationImages.contains(.quantized) else { return .single }
        return matrix.hasFineProducts ? .fine : .twoTerms
    }

    /// Rows of 8 bits that have room for one row of the output matrix's input.
    var outputTermCount: Int { outputPrecision == .single ? 1 : 2 }

    /// The final norm and the output matrix, for the rows of the hidden state that are wanted, which come first.
    func computeLogits(_ member: TeamMember) {
        let rowCount = plan.outputRows.count, precision = outputPrecision
        guard rowCount > 0 else { return }
        let hidden = buffers.hidden.pointer, length = spec.embeddingLength
        let input = prepare(
            rowCount: rowCount, precision: precision, for: weights.output.matrix, member
        ) { row, scratch in
            weights.outputNorm.apply(scratch, hidden + row * length, kernels: kernels)
            return scratch
        }
        let logits = buffers.logits.pointer, vocabulary = spec.vocabularySize
        guard precision == .twoTerms || spec.logitSoftCap != nil else {
            multiply(weights.output, input, into: logits, stride: vocabulary, accumulates: false, member)
            return
        }
        let terms = precision.termCount
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
