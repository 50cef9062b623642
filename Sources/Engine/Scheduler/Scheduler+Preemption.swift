extension Scheduler {
    /// Takes a running sequence's blocks and place. What is in full blocks stays cached for as long as it can.
    mutating func preempt(_ sequence: Sequence) {
        sequence.preemptionCount += 1
        counts.preemptions += 1
        returnToQueue(sequence)
    }

    private mutating func returnToQueue(_ sequence: Sequence) {
        leaveRunning(sequence)
        counts.waiting += 1
        if sequence.isPaused {
            sequence.phase = .parked
        } else {
            sequence.phase = .waiting
            waiting.insert(sequence)
        }
    }

    /// A running sequence has got one more token. If it has become a long one, all its keys are others: it is computed
    /// again, from the beginning or from what others of its kind left in the cache. Nobody has taken its place from it, so it
    /// keeps its claim to one.
    mutating func grew(_ sequence: Sequence) {
        guard !sequence.isLong, sequence.tokens.count > longTextLimit else { return }
        sequence.isLong = true
        returnToQueue(sequence)
    }

    /// Whose blocks a decoding sequence gets: those of readers who are behind, then batch work, then the newest. The newest
    /// of all gives way itself. Nil when only sequences are left that are older or planned already; then this one waits
    /// for the next step, in which it is among the first.
    func victim(for sequence: Sequence) -> Sequence? {
        func newest(where isCandidate: (Sequence) -> Bool) -> Sequence? {
            running.last { !$0.isPlanned && isCandidate($0) }
        }
        if let paused = newest(where: { $0.isPaused }) { return paused }
        if sequence.lane == .interactive, let batch = newest(where: { $0.lane == .batch }) { return batch }
        if let newer = newest(where: { $0.lane == sequence.lane && $0.id > sequence.id }) { return newer }
        return running.last { $0.lane == sequence.lane } === sequence ? sequence : nil
    }

    /// Before a step: makes room for the sequence whose turn it is to come in, at the cost of those who must yield to it.
    mutating func makeRoom() {
        for lane in [Lane.interactive, .batch] {
            guard let sequence = waiting.heads(of: lane).min(by: goesBefore) else { continue }
            while !fits(sequence), let yielding = yielding(to: sequence) { preempt(yielding) }
            return
        }
    }

    /// The oldest of all that run moves in every step. If it is a prompt, half read, decodes of newer ones go before it and
    /// could take all blocks as they become free.
    mutating func makeRoomForOldest() {
        guard hasCache, let oldest = running.first(where: { $0.lane == .interactive && !$0.isPaused }) else { return }
        while !oldest.isDecoding, room(for: oldest) < leastChunk(of: oldest), let victim = victim(for: oldest),
            victim !== oldest
        {
            preempt(victim)
        }
    }

    /// Who gives its place to a sequence that wants to come in: readers who are behind; batch work to interactive work;
    /// and the newest of the tenant with most, if that tenant has more than its share and the one who waits has less.
    private func yielding(to sequence: Sequence) -> Sequence? {
        if let paused = running.last(where: { $0.isPaused }) { return paused }
        if sequence.lane == .interactive, let batch = running.last(where: { $0.lane == .batch }) { return batch }
        guard live.tenantCount > 1, sequence.preemptionCount == 0 else { return nil }
        if running.count >= limits.maximumSequences {
            return greedy(
                sequence, share: limits.maximumSequences / live.tenantCount, wanted: 1, amount: { _ in 1 })
        }
        return greedy(
            sequence, share: pool.blockCount / live.tenantCount, wanted: blocksNeeded(by: sequence),
            amount: { $0.blocks.count })
    }

    /// The newest sequence of the tenant that has most of something, if it has more than `share` and more sequences than
    /// one, and `sequence`'s tenant would stay within its own.
    private func greedy(
        _ sequence: Sequence, share: Int, wanted: Int, amount: (Sequence) -> Int
    ) -> Sequence? {
        var amounts: [Tenant: Int] = [:]
        for other in running where other.lane == sequence.lane { amounts[other.tenant, default: 0] += amount(other) }
        guard (amounts[sequence.tenant] ?? 0) + wanted <= share,
            let most = amounts.max(by: { ($0.value, $0.key.id) < ($1.value, $1.key.id) }), most.value > share,
            most.key != sequence.tenant
        else { return nil }
        let candidates = running.filter { $0.tenant == most.key && $0.lane == sequence.lane }
        return candidates.count > 1 ? candidates.last : nil
    }

    /// Who leaves the waiting line when it is too long and `tenant` has a right to a place: the newest that never ran, of
    /// the tenant with most sequences that has such a one. Nil when all others who have one have no more than `tenant`.
    func displaced(yieldingTo tenant: Tenant) -> Sequence? {
        var best: (sequence: Sequence, count: Int)?
        for (other, count) in live.byTenant where other != tenant && count > live[tenant] {
            if let best, (best.count, best.sequence.tenant.id) > (count, other.id) { continue }
            guard let newest = waiting.newest(of: other, where: { $0.startedAt == nil }) else { continue }
            // Followers came after the sequence whose prompt they wait for.
            best = (newest.followers.last { $0.phase == .following } ?? newest, count)
        }
        return best?.sequence
    }
}
