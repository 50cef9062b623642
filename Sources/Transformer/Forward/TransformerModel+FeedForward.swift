import Kernels

extension TransformerModel {
    /// `hidden += feedForward(norm(hidden))` for `rowCount` rows, with the norms after it.
    func feedForward(layer index: Int, rowCount: Int, _ member: TeamMember) {
        let feedForward = weights.layers[index].feedForward
        switch feedForward.kind {
        case .dense(let dense):
            // Pieces of products aren't made of two terms.
            let matrix = dense.expand.matrix, wanted = precision(ofLayerInput: matrix)
            let input = normed(
                rowCount: rowCount, feedForward.norms.input, precision: wanted == .fine ? .fine : .single, for: matrix,
                member)
            let expanded = expand(input, dense, scale: { _ in weights.layers[index].residualScale }, member)
            announceAttention(afterLayer: index, rowCount: rowCount, member)
            addProduct(dense.contract, expanded, norms: feedForward.norms, member)
        case .experts(let experts):
            mixExperts(experts, feedForward.norms, layer: index, rowCount: rowCount, member)
        }
    }

    /// The input of a feed-forward's second product.
    ///
    /// The state between the two products is the widest of the layer, and never stored as floats: it is activated and
    /// rounded for the second product piece by piece.
    ///
    /// - Parameter scale: What a row is multiplied with.
    func expand(
        _ input: ActivationRows, _ dense: DenseWeights, scale: (_ row: Int) -> Float, _ member: TeamMember
    ) -> ActivationRows {
        let expanded = buffers.expanded.rows(input.rowCount, for: dense.contract.matrix)
        dense.contract.matrix.announce(to: member, rowCount: input.rowCount)
        dense.expand.matrix.forEachPiece(
            of: input, bias: dense.expand.bias.map { UnsafePointer($0.pointer) },
            scratch: buffers.scratch(of: member).pieces.pointer, member: member
        ) { piece in
            activate(piece, dense.spec)
            for row in piece.rows where scale(row) != 1 {
                kernels.scale(piece.row(row), by: scale(row), count: piece.columns.count)
            }
            expanded.store(piece)
        }
        return expanded
    }

    /// Activates a piece of a feed-forward's first product in place.
    func activate(_ piece: ProductPiece, _ spec: DenseSpec) {
        let count = piece.columns.count, activation = spec.activation.kernelActivation
        for row in piece.rows {
            let values = piece.row(row)
            if spec.isGated {
                kernels.gated(values, gate: values, up: piece.row(row, part: 1), count: count, activation: activation)
            } else {
                kernels.activate(values, values, count: count, activation: activation)
            }
        }
    }

    /// Tells a member which weights come with the feed-forward of a layer.
    func announceFeedForward(layer index: Int, rowCount: Int, _ member: TeamMember) {
        switch weights.layers[index].feedForward.kind {
        case .dense(let dense): dense.expand.matrix.announce(to: member, rowCount: rowCount, inPieces: true)
        case .experts(let experts): experts.router.matrix.announce(to: member, rowCount: rowCount)
        }
    }

    /// Tells a member which weights come after a layer.
    func announceAttention(afterLayer index: Int, rowCount: Int, _ member: TeamMember) {
        if index + 1 < weights.layers.count {
            weights.layers[index + 1].attention.input.matrix.announce(to: member, rowCount: rowCount)
        } else if let head = weights.head, head.transform == nil {
            head.output.matrix.announce(to: member, rowCount: rowCount * outputTermCount, inPieces: true)
        }
    }
}

extension Activation {
    var kernelActivation: FloatKernels.Activation {
        switch self {
        case .silu: .silu
        case .geluTanh: .geluTanh
        case .gelu: .gelu
        case .quickGelu: .quickGelu
        case .relu: .relu
        case .tanh: .tanh
        }
    }
}
