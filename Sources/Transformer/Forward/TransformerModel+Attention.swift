import Kernels

extension TransformerModel {
    /// `hidden += output(attention(norm(hidden)))`
    func mix(layer index: Int) {
        let layer = weights.layers[index].attention
        let spec = layer.spec
        normIntoActivations(layer.norm, for: layer.input)
        multiply(
            layer.input, rowCount: plan.rowCount, into: buffers.projected.pointer, stride: spec.projectedLength,
            accumulates: false)
        rotateAndStore(layer, index: index)
        attend(layer, index: index)
        buffers.activations.begin(rowCount: plan.rowCount, for: layer.output.matrix)
        forEachRow(plan.rowCount, elementCount: 2 * spec.queryLength) { row, _ in
            buffers.activations.store(buffers.mixed.pointer + row * spec.queryLength, row: row)
        }
        addProduct(layer.output, outputNorm: layer.outputNorm)
    }

    /// Norms and rotates queries and keys where they are, and writes keys and values to the cache.
    private func rotateAndStore(_ layer: AttentionWeights, index: Int) {
        let spec = layer.spec
        let headLength = spec.headLength
        forEachRow(plan.rowCount, elementCount: 4 * spec.projectedLength) { row, _ in
            let queries = buffers.projected.pointer + row * spec.projectedLength
            let keys = queries + spec.queryLength
            if let norm = layer.queryNorm { normHeads(queries, count: spec.headCount, norm) }
            if let norm = layer.keyNorm { normHeads(keys, count: spec.keyValueHeadCount, norm) }
            if let rope = layer.rope {
                // Queries and keys are neighbours, so that one call turns both.
                kernels.rope(
                    queries, angles: buffers.angles.pointer + row * buffers.sizes.angles + rope.angleOffset,
                    headCount: spec.headCount + spec.keyValueHeadCount, headLength: headLength,
                    dimensionCount: rope.spec.dimensionCount, layout: rope.spec.layout.kernelLayout)
            }
            store(row: row, keys: keys, spec: spec, layer: index)
        }
    }

    private func normHeads(_ heads: UnsafeMutablePointer<Float>, count: Int, _ norm: NormWeights) {
        for head in 0..<count {
            let values = heads + head * norm.weight.count
            norm.apply(values, values, kernels: kernels)
        }
    }

    private func store(row: Int, keys: UnsafePointer<Float>, spec: AttentionSpec, layer: Int) {
        let position = plan.positions[row]
        let table = plan.blockTableOffsets[plan.segmentOfRow[row]]
        let block = Int(plan.blockTables[table + position / KeyValueLayout.blockLength])
        for head in 0..<spec.keyValueHeadCount {
            let key = keys + head * spec.headLength
            kernels.storeInCache(
                cache.base(layer: layer, head: head) + block * cache.layout.blockElementCount,
                slot: position % KeyValueLayout.blockLength, key: key, value: key + spec.keyLength,
                headLength: spec.headLength)
        }
    }

    /// Computes attention for all tiles and key-value heads into `mixed`.
    private func attend(_ layer: AttentionWeights, index: Int) {
        let heads = layer.spec.keyValueHeadCount
        // Products of queries and keys, and of weights and values.
        let work = 2 * plan.scoreCount * layer.spec.queryLength
        plan.withBlockTables { tables in
            guard plan.splitUnits.isEmpty else {
                attendInRanges(layer, index: index, tables: tables, work: work)
                return
            }
            let count = plan.tiles.count * heads
            pool.parallelFor(count: count, grain: grain(count: count, work: work)) { units, worker in
                for unit in units {
                    let tile = tile(unit / heads, head: unit % heads, layer: layer, index: index, tables: tables)
                    kernels.attend(tile, workspace: buffers.workspace(worker: worker))
                }
            }
        }
    }

    /// The same for few tiles with long contexts: ranges of positions are shared among the workers, then merged.
    private func attendInRanges(_ layer: AttentionWeights, index: Int, tables: UnsafePointer<Int32>, work: Int) {
        let heads = layer.spec.keyValueHeadCount
        let shape = layer.spec.tileShape
        // Every partial result has room for a whole tile, and is packed as the tile needs it.
        let stride = shape.partialFloatCount(positionCount: tileLength)
        buffers.partials.reserve(plan.splitUnits.count * heads * stride)
        let partials = buffers.partials.pointer

        func begin(tile: Int, head: Int) -> Int {
            let ranges = plan.partialOffsets[tile + 1] - plan.partialOffsets[tile]
            return (plan.partialOffsets[tile] * heads + head * ranges) * stride
        }
        let count = plan.splitUnits.count * heads
        pool.parallelFor(count: count, grain: grain(count: count, work: work)) { units, worker in
            for unit in units {
                let split = plan.splitUnits[unit / heads], head = unit % heads
                let tile = tile(split.tile, head: head, layer: layer, index: index, tables: tables)
                let size = shape.partialFloatCount(positionCount: tile.positionCount)
                kernels.attendRange(
                    tile, range: split.range,
                    partial: partials + begin(tile: split.tile, head: head) + split.range * size,
                    workspace: buffers.workspace(worker: worker))
            }
        }
        let mergeCount = plan.tiles.count * heads
        pool.parallelFor(count: mergeCount, grain: mergeCount) { units, worker in
            for unit in units {
                let tile = tile(unit / heads, head: unit % heads, layer: layer, index: index, tables: tables)
                kernels.mergeRanges(
                    tile, rangeCount: plan.partialOffsets[unit / heads + 1] - plan.partialOffsets[unit / heads],
                    partials: partials + begin(tile: unit / heads, head: unit % heads),
                    workspace: buffers.workspace(worker: worker))
            }
        }
    }

    /// How many units make a range of at least a few microseconds.
    private func grain(count: Int, work: Int) -> Int {
        let workPerRange = 200_000
        return max(1, min(count, count * workPerRange / max(1, work)))
    }

    /// The kernels' view of a tile of the plan for one key-value head.
    private func tile(
        _ tileIndex: Int, head: Int, layer: AttentionWeights, index: Int, tables: UnsafePointer<Int32>
    ) -> AttentionTile {
        let tile = plan.tiles[tileIndex], spec = layer.spec
        let column = head * spec.groupSize * spec.headLength
        return AttentionTile(
            queries: buffers.projected.pointer + tile.firstRow * spec.projectedLength + column,
            queryStride: spec.projectedLength,
            output: buffers.mixed.pointer + tile.firstRow * spec.queryLength + column,
            outputStride: spec.queryLength, positionCount: tile.rowCount,
            firstPosition: plan.positions[tile.firstRow], cache: cache.base(layer: index, head: head),
            blockStride: cache.layout.blockElementCount, blockTable: tables + plan.blockTableOffsets[tile.segment],
            length: plan.lengths[tile.segment], shape: spec.tileShape,
            slopes: layer.slopes.map { UnsafePointer($0.pointer + head * spec.groupSize) })
    }
}
