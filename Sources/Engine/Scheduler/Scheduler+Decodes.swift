extension Scheduler {
    /// Plans the next token of the running completions in a lane.
    mutating func planDecodes(_ lane: Lane) {
        let ready = running.filter { $0.lane == lane && $0.isDecoding && !$0.isPaused }
        for sequence in turnTakers(among: ready, lane: lane) {
            guard step.tokenCount < limits.maximumBatchedTokens else { return }
            // An earlier turn of this loop may have preempted it.
            guard sequence.phase == .running else { continue }
            sequence.isPlanned = true
            if takeBlocks(for: sequence, tokenCount: 1) { addToStep(sequence, tokenCount: 1) }
        }
    }

    /// Those of the ready sequences that decode in this step, the ones that waited longest first.
    private mutating func turnTakers(among ready: [Sequence], lane: Lane) -> [Sequence] {
        guard !ready.isEmpty else { return [] }
        let inTurn = ready.sorted { ($0.lastStep, $0.id) < ($1.lastStep, $1.id) }
        let byTenant = Dictionary(grouping: inTurn, by: \.tenant)
        let bound = rowBound(demands: byTenant.values.map(\.count), lane: lane)
        guard bound < ready.count else { return inTurn }
        guard bound > 0 else { return [] }
        let quota = Self.evenQuota(demands: byTenant.values.map(\.count), total: bound)
        return byTenant.values.flatMap { $0.prefix(quota) }.sorted { ($0.lastStep, $0.id) < ($1.lastStep, $1.id) }
            .prefix(bound).map { $0 }
    }

    /// How many sequences decode at most, so that those of a tenant with few are not slowed down by those with many.
    ///
    /// In a step of equal shares each tenant decodes as many rows as the one with fewest. Rows beyond that are welcome,
    /// because batches are cheap, until they stretch the step too far; less far if prompts are to be read beside them.
    private mutating func rowBound(demands: [Int], lane: Lane) -> Int {
        let total = demands.reduce(0, +)
        if lane == .batch, !step.isEmpty {
            // Only what interactive work leaves: nothing while prompts are read.
            guard step.promptTokens == 0 else { return 0 }
            let alone = cost.seconds(rows: step.decodeRows, promptTokens: 0)
            return max(1, cost.rows(within: alone * limits.batchStretch) - step.decodeRows)
        }
        guard demands.count > 1, let fewest = demands.min() else { return total }
        let equal = cost.seconds(rows: fewest * demands.count, promptTokens: 0)
        if lane == .interactive { step.equalSeconds = equal }
        let stretch = hasPrompts(lane) ? limits.tenantStretchBesidePrompts : limits.tenantStretch
        return max(fewest * demands.count, cost.rows(within: equal * stretch))
    }

    /// Whether prompts of a lane could be read in this step.
    private func hasPrompts(_ lane: Lane) -> Bool {
        running.contains { $0.lane == lane && !$0.isDecoding && !$0.isPaused }
            || (running.count < limits.maximumSequences && !waiting.isEmpty(lane))
    }

    /// The most rows that each tenant may have so that all together stay within `total`, and those who want less leave
    /// the rest to the others.
    static func evenQuota(demands: [Int], total: Int) -> Int {
        var left = total
        var quota = 0
        for (index, demand) in demands.sorted().enumerated() {
            let share = left / (demands.count - index)
            quota = max(quota, share)
            left -= min(demand, share)
        }
        return max(1, quota)
    }
}
