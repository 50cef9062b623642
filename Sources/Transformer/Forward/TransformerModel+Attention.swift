import Kernels

extension TransformerModel {
    /// Computes `attention(norm(hidden))` for the rows that go on, which are all but in the last layer.
    ///
    /// The last layer stores keys and values for all rows, as any layer does, and goes on with only those rows whose
    /// output is wanted; they are the first rows of the hidden state afterwards.
    func attend(layer index: Int, _ member: TeamMember) -> MixedRows {
        let layer = weights.layers[index].attention
        let spec = layer.spec
        project(layer.input, norm: layer.norms.input, precision: precision(ofLayerInput: layer.input.matrix), member)
        layer.output.matrix.announce(to: member, rowCount: plan.rowCount)
        let isLast = index == weights.layers.count - 1
        let rowCount = isLast ? plan.outputRows.count : plan.rowCount
        if needsCache && plan.rowCount == 1 && rowCount == 1 {
            let mixed = attendToOneRow(layer, index: index, member)
            return MixedRows(start: mixed, stride: spec.queryLength, rowCount: 1, isLast: isLast)
        }
        if needsCache || layer.changesProjection { rotateAndStore(layer, index: index, member) }
        if isLast { keepOutputRows(member) }
        attend(isLast ? plan.outputAttention : plan.attention, layer, index: index, member)
        return MixedRows(
            start: buffers.mixed.pointer, stride: spec.queryLength, rowCount: rowCount, isLast: isLast)
    }

    /// Queries, keys and values of all rows.
    private func project(
        _ projection: ProjectionWeights, norm: NormWeights?, precision: InputPrecision, _ member: TeamMember
    ) {
        let output = buffers.projected.pointer
        guard precision == .twoTerms else {
            let input = normed(rowCount: plan.rowCount, norm, precision: precision, for: projection.matrix, member)
            let stride = projection.matrix.rowCount
            return multiply(projection, input, into: output, stride: stride, accumulates: false, member)
        }
        let hidden = buffers.hidden.pointer, length = spec.embeddingLength
        product(
            projection, precision: precision, rowCount: plan.rowCount, into: output, member
        ) { row, scratch in
            if let norm {
                norm.apply(scratch, hidden + row * length, kernels: kernels)
            } else {
                scratch.update(from: hidden + row * length, count: length)
            }
            return scratch
        }
    }

    /// What attention gives, before its output matrix.
    struct MixedRows {
        let start: UnsafeMutablePointer<Float>
        let stride: Int
        let rowCount: Int
        /// Whether only the plan's output rows go on, from where they are among all.
        let isLast: Bool
    }

    /// `hidden += output(mixed)`, with the norms after it.
    func add(_ mixed: MixedRows, layer index: Int, _ member: TeamMember) {
        let layer = weights.layers[index], attention = layer.attention
        let output = prepare(rowCount: mixed.rowCount, for: attention.output.matrix, member) { row, scratch in
            let values = mixed.start + (mixed.isLast ? plan.outputRows[row] : row) * mixed.stride
            guard layer.residualScale != 1 else { return values }
            // Not in place: of a single row each member of the team makes the input by itself.
            scratch.update(from: values, count: mixed.stride)
            kernels.scale(scratch, by: layer.residualScale, count: mixed.stride)
            return scratch
        }
        announceFeedForward(layer: index, rowCount: mixed.rowCount, member)
        addProduct(attention.output, output, norms: attention.norms, member)
    }

    /// Moves the rows of the hidden state whose logits are wanted to the front.
    private func keepOutputRows(_ member: TeamMember) {
        guard plan.outputRows.count < plan.rowCount else { return }
        let hidden = buffers.hidden.pointer, length = spec.embeddingLength
        // In order, because a row may come to stand where a later one was; so one member does it.
        member.forEach(count: 1, grain: 1) { _ in
            for (index, row) in plan.outputRows.enumerated() where row != index {
                (hidden + index * length).update(from: hidden + row * length, count: length)
            }
        }
    }

    /// Norms and rotates queries and keys where they are, and writes keys and values to the cache if there is one.
    private func rotateAndStore(_ layer: AttentionWeights, index: Int, _ member: TeamMember) {
        let spec = layer.spec
        let projected = buffers.projected.pointer, angles = buffers.angles.pointer, angleCount = buffers.sizes.angles
        // Whole vectors of positions are stored faster than single ones.
        let isLong = plan.rowCount >= 16 * plan.lengths.count
        member.forEach(count: plan.rowCount, grain: isLong ? 16 : ActivationRows.rowGrain) { rows in
            for row in rows {
                rotate(projected + row * spec.projectedLength, angles: angles + row * angleCount, layer)
            }
            store(rows: rows, spec: spec, layer: index)
        }
    }

    /// Norms and rotates the queries and keys of one row, which are neighbours, so that one call turns both; their values
    /// follow.
    func rotate(_ queries: UnsafeMutablePointer<Float>, angles: UnsafePointer<Float>, _ layer: AttentionWeights) {
        let spec = layer.spec
        if let norm = layer.queryNorm { normHeads(queries, count: spec.queryLength, norm, spec) }
        if let norm = layer.keyNorm { normHeads(queries + spec.queryLength, count: spec.keyLength, norm, spec) }
        if let limit = spec.clamp { kernels.clamp(queries, limit: limit, count: spec.projectedLength) }
        guard let rope = layer.rope else { return }
        kernels.rope(
            queries, angles: angles + rope.angleOffset, headCount: spec.headCount + spec.keyValueHeadCount,
            headLength: spec.headLength, dimensionCount: rope.spec.dimensionCount,
            layout: rope.spec.layout.kernelLayout)
    }

    /// Norms the `count` elements of all heads of a row's queries or keys, by heads or at once.
    private func normHeads(
        _ heads: UnsafeMutablePointer<Float>, count: Int, _ norm: NormWeights, _ spec: AttentionSpec
    ) {
        let span = spec.queryKeyNorm?.span ?? .head
        guard span != .allHeads else { return norm.apply(heads, heads, kernels: kernels) }
        for first in stride(from: 0, to: count, by: spec.headLength) {
            let weights = span == .head ? 0 : first
            norm.apply(
                heads + first, heads + first, elements: weights..<weights + spec.headLength, kernels: kernels)
        }
    }

    /// Writes the keys and values of rows to the cache, as many positions of one segment at a time as there are.
    private func store(rows: Range<Int>, spec: AttentionSpec, layer: Int) {
        var first = rows.lowerBound
        while first < rows.upperBound {
            let segment = plan.segmentOfRow[first]
            var end = first + 1
            while end < rows.upperBound && plan.segmentOfRow[end] == segment { end += 1 }
            let keys = buffers.projected.pointer + first * spec.projectedLength + spec.queryLength
            plan.withBlockTables { tables in
                guard let tables else { return }
                for head in 0..<spec.keyValueHeadCount {
                    let key = keys + head * spec.headLength
                    kernels.storeInCache(
                        CacheRun(
                            type: cache.layout.type, headLength: spec.headLength,
                            cache: cache.base(layer: layer, head: head), shelfStride: cache.layout.bytesPerShelf,
                            blockTable: tables + plan.blockTableOffsets[segment], firstPosition: plan.positions[first],
                            positionCount: end - first, keys: key, values: key + spec.keyLength,
                            stride: spec.projectedLength))
                }
            }
            first = end
        }
    }

    /// Computes attention for all tiles and key-value heads into `mixed`.
    private func attend(_ attention: AttentionPlan, _ layer: AttentionWeights, index: Int, _ member: TeamMember) {
        let heads = layer.spec.keyValueHeadCount
        // Products of queries and keys, and of weights and values.
        let work = 2 * attention.scoreCount * layer.spec.queryLength
        let workspace = buffers.scratch(of: member).workspace.pointer
        plan.withBlockTables { tables in
            guard attention.splitUnits.isEmpty else {
                attendInRanges(attention, layer, index: index, tables: tables, member)
                return
            }
            let count = attention.tiles.count * heads
            member.forEach(count: count, grain: grain(count: count, work: work)) { units in
                for unit in units {
                    let tile = attention.tiles[unit / heads]
                    let argument = kernelTile(tile, head: unit % heads, layer: layer, index: index, tables: tables)
                    kernels.attend(argument, workspace: workspace)
                }
            }
        }
    }

    /// The same for few tiles with long contexts: ranges of positions are shared among the members, then merged.
    private func attendInRanges(
        _ attention: AttentionPlan, _ layer: AttentionWeights, index: Int, tables: UnsafePointer<Int32>?,
        _ member: TeamMember
    ) {
        let heads = layer.spec.keyValueHeadCount
        let shape = layer.spec.tileShape(cache.layout.type)
        // Every partial result has room for a whole tile, and is packed as the tile needs it.
        let stride = shape.partialFloatCount(positionCount: tileLength)
        let partials = buffers.partials.pointer
        let workspace = buffers.scratch(of: member).workspace.pointer

        func begin(tile: Int, head: Int) -> Int {
            let ranges = attention.partialOffsets[tile + 1] - attention.partialOffsets[tile]
            return (attention.partialOffsets[tile] * heads + head * ranges) * stride
        }
        // Ranges of one head follow one another: while a range is computed, the kernel fetches the next. There are few
        // units, so each is taken by itself.
        let unitsPerHead = attention.splitUnits.count, count = unitsPerHead * heads
        member.forEach(count: count, grain: 1) { units in
            for unit in units {
                let split = attention.splitUnits[unit % unitsPerHead], head = unit / unitsPerHead
                let tile = attention.tiles[split.tile]
                let size = shape.partialFloatCount(positionCount: tile.rowCount)
                kernels.attendRanges(
                    kernelTile(tile, head: head, layer: layer, index: index, tables: tables), ranges: split.ranges,
                    partials: partials + begin(tile: split.tile, head: head) + split.ranges.lowerBound * size,
                    workspace: workspace)
            }
        }
        member.forEach(count: attention.tiles.count * heads, grain: 1) { units in
            for unit in units {
                let tile = unit / heads, head = unit % heads
                kernels.mergeRanges(
                    kernelTile(attention.tiles[tile], head: head, layer: layer, index: index, tables: tables),
                    rangeCount: attention.partialOffsets[tile + 1] - attention.partialOffsets[tile],
                    partials: partials + begin(tile: tile, head: head), workspace: workspace)
            }
        }
    }

    /// How many units make a range of at least a microsecond.
    private func grain(count: Int, work: Int) -> Int {
        let workPerRange = 100_000
        return max(1, min(count, count * workPerRange / max(1, work)))
    }

    /// The keys and values that a tile sees: in the cache, or of a text that is all in this step, in the projections.
    private func memory(
        of tile: AttentionPlan.Tile, head: Int, spec: AttentionSpec, layer: Int, tables: UnsafePointer<Int32>?
    ) -> AttentionTile.Memory {
        guard let tables else {
            let firstRow = tile.firstRow - plan.positions[tile.firstRow]
            let keys =
                buffers.projected.pointer + firstRow * spec.projectedLength + spec.queryLength + head * spec.headLength
            return .rows(keys: keys, values: keys + spec.keyLength, stride: spec.projectedLength)
        }
        return .cache(
            cache.base(layer: layer, head: head), shelfStride: cache.layout.bytesPerShelf,
            blockTable: tables + plan.blockTableOffsets[tile.segment])
    }

    /// The kernels' view of a tile of the plan for one key-value head.
    private func kernelTile(
        _ tile: AttentionPlan.Tile, head: Int, layer: AttentionWeights, index: Int, tables: UnsafePointer<Int32>?
    ) -> AttentionTile {
        let spec = layer.spec
        let column = head * spec.groupSize * spec.headLength
        return AttentionTile(
            queries: buffers.projected.pointer + tile.firstRow * spec.projectedLength + column,
            queryStride: spec.projectedLength,
            output: buffers.mixed.pointer + tile.firstRow * spec.queryLength + column,
            outputStride: spec.queryLength, positionCount: tile.rowCount,
            firstPosition: plan.positions[tile.firstRow],
            memory: memory(of: tile, head: head, spec: spec, layer: index, tables: tables),
            length: plan.lengths[tile.segment], shape: spec.tileShape(cache.layout.type),
            slopes: layer.slopes.map { UnsafePointer($0.pointer + head * spec.groupSize) },
            biases: layer.distanceBiases?.kernelArgument(head: head * spec.groupSize))
    }
}
