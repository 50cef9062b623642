import Glibc
import Kernels

extension TransformerModel {
    /// `hidden += sum over the chosen experts of weight * expert(norm(hidden))`, and the shared expert's.
    ///
    /// Rows are gathered by expert, so that one product serves all rows of an expert, and all experts' products are one
    /// loop. A row's results are added in the order of its choices, whatever the other rows are.
    func mixExperts(
        _ experts: ExpertsWeights, _ norms: BlockNorms, layer index: Int, rowCount: Int, _ member: TeamMember
    ) {
        guard rowCount > 0, let buffers = self.buffers.experts, let plan = buffers.plans[index] else { return }
        let input = routed(experts, norms.input, into: plan, rowCount: rowCount, buffers, member)
        let length = spec.embeddingLength, products = self.buffers.projected.pointer
        if let shared = experts.shared {
            let expanded = expand(input, shared, scale: { sharedWeight(ofRow: $0, experts, buffers) }, member)
            multiply(shared.contract, expanded, into: products, stride: length, accumulates: false, member)
        }
        multiplySlots(experts, plan, buffers, member)
        let results = buffers.outputs.pointer, used = experts.spec.usedCount
        let scale = weights.layers[index].residualScale
        announceAttention(afterLayer: index, rowCount: rowCount, member)
        forEachRow(rowCount, elementCount: 4 * length * used, member) { row in
            let sum = products + row * length
            if experts.shared == nil { sum.update(repeating: 0, count: length) }
            for choice in row * used..<(row + 1) * used {
                let result = results + plan.slots[choice] * length
                kernels.scale(result, by: buffers.choiceWeights.pointer[choice], count: length)
                kernels.add(sum, result, count: length)
            }
            if scale != 1 { kernels.scale(sum, by: scale, count: length) }
            add(sum, toRow: row, norms)
        }
    }

    /// Norms the rows, asks the router about each, and makes the plan; returns the rows as the input of the router.
    private func routed(
        _ experts: ExpertsWeights, _ norm: NormWeights?, into plan: ExpertPlan, rowCount: Int,
        _ buffers: ExpertBuffers, _ member: TeamMember
    ) -> ActivationRows {
        let length = spec.embeddingLength, hidden = self.buffers.hidden.pointer, normed = buffers.normed.pointer
        let stride = experts.router.matrix.rowCount, logits = buffers.routing.pointer
        let images = experts.router.matrix.activationImages
            .union(experts.shared.map(\.expand.matrix.activationImages) ?? [])
        let input = self.buffers.activations.rows(rowCount, columnCount: length, images: images)
        forEachRow(rowCount, elementCount: 4 * length, member) { row in
            let values = normed + row * length
            if let norm {
                norm.apply(values, hidden + row * length, kernels: kernels)
            } else {
                values.update(from: hidden + row * length, count: length)
            }
            input.store(values, row: row)
        }
        multiply(experts.router, input, into: logits, stride: stride, accumulates: false, member)
        // Choosing is little work, and what comes of it one plan.
        member.forEach(count: 1, grain: 1) { _ in
            let used = experts.spec.usedCount
            for row in 0..<rowCount {
                choose(
                    experts.spec, logits: logits + row * stride, choices: buffers.choices + row * used,
                    weights: buffers.choiceWeights.pointer + row * used)
            }
            plan.rebuild(rowCount: rowCount, experts.spec, choices: buffers.choices)
        }
        return input
    }

    /// The experts with the largest weights, the largest first; of equals the one with the lower number.
    private func choose(
        _ spec: ExpertsSpec, logits: UnsafeMutablePointer<Float>, choices: UnsafeMutablePointer<Int32>,
        weights: UnsafeMutablePointer<Float>
    ) {
        switch spec.scoring {
        case .softmax: kernels.softmax(logits, count: spec.count)
        case .sigmoid: for expert in 0..<spec.count { logits[expert] = sigmoid(logits[expert]) }
        }
        var sum: Float = 0
        for choice in 0..<spec.usedCount {
            var best = 0
            for expert in 1..<spec.count where !(logits[expert] <= logits[best]) { best = expert }
            (choices[choice], weights[choice]) = (Int32(best), logits[best])
            sum += logits[best]
            logits[best] = -1
        }
        let scale = spec.normalizesWeights ? spec.weightScale / sum : spec.weightScale
        for choice in 0..<spec.usedCount { weights[choice] *= scale }
    }

    /// The two products of all experts with their rows.
    private func multiplySlots(
        _ experts: ExpertsWeights, _ plan: ExpertPlan, _ buffers: ExpertBuffers, _ member: TeamMember
    ) {
        let length = spec.embeddingLength, used = experts.spec.usedCount
        let scratch = self.buffers.scratch(of: member).pieces.pointer
        let first = experts.experts[0], shares = plan.shares
        let inputs = buffers.inputs.rows(plan.slotCount, for: first.expand.matrix)
        let expanded = buffers.states.rows(plan.slotCount, for: first.contract.matrix)
        forEachRow(plan.slots.count, elementCount: 4 * length, member) { choice in
            inputs.store(buffers.normed.pointer + choice / used * length, row: plan.slots[choice])
        }
        PackedMatrix.forEachPiece(
            ofProducts: shares.count,
            operands: { product in
                let share = shares[product]
                return (
                    experts.experts[share.expert].expand.matrix,
                    inputs.rows(from: share.firstSlot, count: share.slotCount)
                )
            }, scratch: scratch, member: member
        ) { product, piece in
            activate(piece, first.spec)
            expanded.rows(from: shares[product].firstSlot, count: shares[product].slotCount).store(piece)
        }
        let results = buffers.outputs.pointer
        PackedMatrix.forEachPiece(
            ofProducts: shares.count,
            operands: { product in
                let share = shares[product]
                return (
                    experts.experts[share.expert].contract.matrix,
                    expanded.rows(from: share.firstSlot, count: share.slotCount)
                )
            }, scratch: scratch, member: member
        ) { product, piece in
            for row in piece.rows {
                let target = results + (shares[product].firstSlot + row) * length + piece.columns.lowerBound
                target.update(from: piece.row(row), count: piece.columns.count)
            }
        }
    }

    private func sharedWeight(ofRow row: Int, _ experts: ExpertsWeights, _ buffers: ExpertBuffers) -> Float {
        guard experts.spec.gatesShared else { return 1 }
        return sigmoid(buffers.routing.pointer[row * experts.router.matrix.rowCount + experts.spec.count])
    }

    private func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}
