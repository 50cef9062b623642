import Kernels

extension TransformerModel {
    /// `hidden += contract(activation(expand(norm(hidden))))` for `rowCount` rows.
    ///
    /// The state between the two products is the widest of the layer, and never stored as floats: it is activated and
    /// rounded for the second product piece by piece.
    func feedForward(layer index: Int, rowCount: Int, _ member: TeamMember) {
        let layer = weights.layers[index].feedForward
        let input = normed(rowCount: rowCount, layer.norm, for: layer.expand, member)
        let expanded = buffers.expanded.rows(rowCount, for: layer.contract.matrix)
        let activation = layer.spec.activation.kernelActivation
        layer.contract.matrix.announce(to: member, rowCount: rowCount)
        layer.expand.matrix.forEachPiece(
            of: input, bias: layer.expand.bias.map { UnsafePointer($0.pointer) },
            scratch: buffers.scratch(of: member).pieces.pointer, member: member
        ) { piece in
            let count = piece.columns.count
            for row in piece.rows {
                let values = piece.row(row)
                switch layer.spec {
                case .gated:
                    kernels.gated(
                        values, gate: values, up: piece.row(row, part: 1), count: count, activation: activation)
                case .plain:
                    kernels.activate(values, values, count: count, activation: activation)
                }
            }
            expanded.store(piece)
        }
        if index + 1 < weights.layers.count {
            weights.layers[index + 1].attention.input.matrix.announce(to: member, rowCount: rowCount)
        } else {
            weights.output.matrix.announce(to: member, rowCount: rowCount * outputTermCount, inPieces: true)
        }
        addProduct(layer.contract, expanded, outputNorm: layer.outputNorm, member)
    }
}

extension FeedForwardSpec {
    var activation: Activation {
        switch self {
        case .gated(_, let activation), .plain(_, let activation, _): activation
        }
    }
}

extension FeedForwardSpec.Activation {
    var kernelActivation: FloatKernels.Activation {
        switch self {
        case .silu: .silu
        case .geluTanh: .geluTanh
        }
    }
}
