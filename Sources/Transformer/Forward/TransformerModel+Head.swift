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
    /// How the input of the head's matrices is rounded.
    ///
    /// Rounding activations to 8 bits costs accuracy, and nowhere as much as here, where the error goes straight into the
    /// logits. So it is rounded to 16 bits; without kernels for that, the input is the sum of two terms: what rounding to
    /// 8 bits gives, and the rounded rest. The two are rows of one product, which reads the weights once. Either way, with
    /// few rows, where memory is the limit, the better input is free.
    func precision(of matrix: PackedMatrix) -> InputPrecision {
        guard matrix.activationImages.contains(.quantized) else { return .single }
        return matrix.hasFineProducts ? .fine : .twoTerms
    }

    /// How the input of queries, keys and values is rounded, and that of the feed-forward.
    ///
    /// Vectors of encoders are held against each other by tenths of a per cent, and this rounding moves them most: the
    /// worst of 446 texts of one token has a cosine of 0.9985 to MiniLM's exact vectors with 8 bits, and of 0.9994 with 16.
    func precision(ofLayerInput matrix: PackedMatrix) -> InputPrecision {
        needsCache ? .single : precision(of: matrix)
    }

    /// Rows of 8 bits that have room for one row of the input of any layer.
    var layerTermCount: Int { needsCache ? 1 : 2 }

    /// Rows of 8 bits that have room for one row of the input of any of the head's matrices.
    var outputTermCount: Int {
        guard let head = weights.head else { return 1 }
        let matrices = [head.output.matrix] + (head.transform.map { [$0.projection.matrix] } ?? [])
        return matrices.contains { precision(of: $0) != .single } ? 2 : 1
    }

    /// Logits of the rows that are wanted, vectors of texts, and scores of their labels.
    func computeOutputs(_ member: TeamMember) {
        pool(member)
        guard let head = weights.head else { return }
        switch head.spec.output {
        case .tokens:
            let hidden = buffers.hidden.pointer, length = spec.embeddingLength
            apply(head, rowCount: plan.logitRows.count, into: buffers.logits.pointer, member) { row, scratch in
                normOutput(scratch, hidden + plan.logitRows[row] * length)
            }
        case .labels:
            let pooled = buffers.pooled.pointer, length = spec.embeddingLength
            let first = plan.vectorPools.count
            apply(head, rowCount: plan.scoredPools.count, into: buffers.classes.pointer, member) { row, scratch in
                scratch.update(from: pooled + (first + row) * length, count: length)
            }
        }
    }

    /// The head, for rows that `body` makes.
    private func apply(
        _ head: HeadWeights, rowCount: Int, into output: UnsafeMutablePointer<Float>, _ member: TeamMember,
        _ body: (_ row: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
    ) {
        guard rowCount > 0 else { return }
        let scale = head.spec.scale
        func scaled(_ values: UnsafeMutablePointer<Float>, _ count: Int) -> UnsafeMutablePointer<Float> {
            if scale != 1 { kernels.scale(values, by: scale, count: count) }
            return values
        }
        guard let transform = head.transform else {
            product(
                head.output, precision: precision(of: head.output.matrix), softCap: head.spec.softCap,
                rowCount: rowCount,
                into: output, member
            ) { row, scratch in
                body(row, scratch)
                return scaled(scratch, spec.embeddingLength)
            }
            return
        }
        let length = transform.projection.matrix.rowCount, transformed = buffers.transformed.pointer
        product(
            transform.projection, precision: precision(of: transform.projection.matrix), rowCount: rowCount,
            into: transformed, member
        ) { row, scratch in
            body(row, scratch)
            return scratch
        }
        product(
            head.output, precision: precision(of: head.output.matrix), softCap: head.spec.softCap, rowCount: rowCount,
            into: output, member
        ) { row, scratch in
            scratch.update(from: transformed + row * length, count: length)
            if let activation = transform.activation {
                kernels.activate(scratch, scratch, count: length, activation: activation.kernelActivation)
            }
            transform.norm?.apply(scratch, scratch, kernels: kernels)
            return scaled(scratch, length)
        }
    }

    /// A product of rows that `body` makes, in memory that may be changed.
    func product(
        _ projection: ProjectionWeights, precision: InputPrecision, softCap: Float? = nil, rowCount: Int,
        into output: UnsafeMutablePointer<Float>, _ member: TeamMember,
        _ body: (_ row: Int, _ scratch: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float>
    ) {
        let matrix = projection.matrix, stride = matrix.rowCount
        let input = prepare(rowCount: rowCount, precision: precision, for: matrix, member, body)
        guard precision == .twoTerms || softCap != nil else {
            multiply(projection, input, into: output, stride: stride, accumulates: false, member)
            return
        }
        let terms = precision.termCount
        matrix.forEachPiece(of: input, scratch: buffers.scratch(of: member).pieces.pointer, member: member) { piece in
            let count = piece.columns.count
            for first in Swift.stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: terms) {
                let values = piece.row(first)
                if terms == 2 { kernels.add(values, piece.row(first + 1), count: count) }
                // Once for both terms.
                if let bias = projection.bias {
                    kernels.add(values, bias.pointer + piece.columns.lowerBound, count: count)
                }
                if let softCap { kernels.softCap(values, cap: softCap, count: count) }
                let target = output + first / terms * stride + piece.columns.lowerBound
                target.update(from: values, count: count)
            }
        }
    }

    func normOutput(_ output: UnsafeMutablePointer<Float>, _ hidden: UnsafePointer<Float>) {
        guard let norm = weights.outputNorm else {
            output.update(from: hidden, count: spec.embeddingLength)
            return
        }
        norm.apply(output, hidden, kernels: kernels)
    }
}
