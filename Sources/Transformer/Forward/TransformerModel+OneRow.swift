import Kernels

extension TransformerModel {
    /// Attention of a step of one row, in one loop: what comes before and after it each member does for itself, which
    /// takes less time than meeting once more.
    ///
    /// Every member rotates the queries and keys. Who computes the last positions of a head writes the new key and value
    /// first; nobody else reads them. Every member merges the results of all ranges.
    ///
    /// - Returns: The row that attention gives, in memory of the member's own.
    func attendToOneRow(
        _ layer: AttentionWeights, index: Int, _ member: TeamMember
    ) -> UnsafeMutablePointer<Float> {
        let spec = layer.spec, heads = spec.keyValueHeadCount
        let scratch = buffers.scratch(of: member)
        let rotated = scratch.rotated.pointer, workspace = scratch.workspace.pointer, mixed = scratch.mixed.pointer
        rotated.update(from: buffers.projected.pointer, count: spec.projectedLength)
        rotate(rotated, angles: buffers.angles.pointer, layer)

        let rangeCount = plan.oneRowRangeCount
        // The kernel fetches the next range while it computes one, so several in a row are better than each by itself.
        let unitLength = max(1, min(8, rangeCount / (4 * member.teamSize)))
        let unitsPerHead = rangeCount.dividedRoundingUp(by: unitLength)
        let size = spec.tileShape(cache.layout.type).partialFloatCount(positionCount: 1)
        let partials = buffers.partials.pointer
        plan.withBlockTables { tables in
            guard let tables else { return }
            func tile(_ head: Int) -> AttentionTile {
                oneRowTile(head, layer, index: index, queries: rotated, output: mixed, tables: tables)
            }
            member.forEach(count: unitsPerHead * heads, grain: 1) { units in
                for unit in units {
                    let head = unit / unitsPerHead, first = unit % unitsPerHead * unitLength
                    let ranges = first..<min(first + unitLength, rangeCount)
                    if ranges.upperBound == rangeCount {
                        storeOneRow(head, keys: rotated + spec.queryLength, spec, layer: index, tables: tables)
                    }
                    kernels.attendRanges(
                        tile(head), ranges: ranges, partials: partials + (head * rangeCount + first) * size,
                        workspace: workspace)
                }
            }
            for head in 0..<heads {
                kernels.mergeRanges(
                    tile(head), rangeCount: rangeCount, partials: partials + head * rangeCount * size,
                    workspace: workspace)
            }
        }
        return mixed
    }

    /// The kernels' view of the step's only row for one key-value head.
    private func oneRowTile(
        _ head: Int, _ layer: AttentionWeights, index: Int, queries: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>, tables: UnsafePointer<Int32>
    ) -> AttentionTile {
        let spec = layer.spec, column = head * spec.groupSize * spec.headLength
        return AttentionTile(
            queries: queries + column, queryStride: spec.queryLength, output: output + column,
            outputStride: spec.queryLength, positionCount: 1, firstPosition: plan.positions[0],
            memory: .cache(
                cache.base(layer: index, head: head), shelfStride: cache.layout.bytesPerShelf, blockTable: tables),
            length: plan.lengths[0], shape: spec.tileShape(cache.layout.type),
            slopes: layer.slopes.map { UnsafePointer($0.pointer + head * spec.groupSize) },
            biases: layer.distanceBiases?.kernelArgument(head: head * spec.groupSize))
    }

    /// Writes the key and value of the step's only row to the cache of one head.
    private func storeOneRow(
        _ head: Int, keys: UnsafePointer<Float>, _ spec: AttentionSpec, layer: Int, tables: UnsafePointer<Int32>
    ) {
        let values = keys + spec.keyLength
        kernels.storeInCache(
            CacheRun(
                type: cache.layout.type, headLength: spec.headLength, cache: cache.base(layer: layer, head: head),
                shelfStride: cache.layout.bytesPerShelf, blockTable: tables, firstPosition: plan.positions[0],
                positionCount: 1, keys: keys + head * spec.headLength, values: values + head * spec.headLength,
                stride: spec.projectedLength))
    }
}

extension StepPlan {
    /// Ranges of positions that the only row of a step of one row sees; 0 for other steps.
    var oneRowRangeCount: Int {
        rowCount == 1 ? lengths[0].dividedRoundingUp(by: AttentionTile.rangeLength) : 0
    }
}
