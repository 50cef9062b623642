import Kernels

extension TransformerModel {
    /// `hidden += contract(activation(expand(norm(hidden))))`
    func feedForward(_ layer: FeedForwardWeights) {
        let hiddenLength = layer.spec.hiddenLength, stride = layer.spec.expandedLength
        normIntoActivations(layer.norm, for: layer.expand)
        multiply(
            layer.expand, rowCount: plan.rowCount, into: buffers.projected.pointer, stride: stride,
            accumulates: false)
        buffers.activations.begin(rowCount: plan.rowCount, for: layer.contract.matrix)
        forEachRow(plan.rowCount, elementCount: 8 * hiddenLength) { row, worker in
            let expanded = buffers.projected.pointer + row * stride
            let activated = buffers.row(worker: worker)
            switch layer.spec {
            case .gated(_, let activation):
                kernels.gated(
                    activated, gate: expanded, up: expanded + hiddenLength, count: hiddenLength,
                    activation: activation.kernelActivation)
            case .plain(_, let activation, _):
                kernels.activate(activated, expanded, count: hiddenLength, activation: activation.kernelActivation)
            }
            buffers.activations.store(activated, row: row)
        }
        addProduct(layer.contract, outputNorm: layer.outputNorm)
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
