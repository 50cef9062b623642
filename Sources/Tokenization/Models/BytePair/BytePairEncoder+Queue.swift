extension BytePairEncoder {
    /// Merges a piece of any length in O(n log n).
    ///
    /// A merged token stays where its first byte was; `lengths` says at its first and at its last place how many
    /// places it covers, so that both neighbours are found without links:
    ///
    ///     place      0   1   2   3   4   5
    ///     tokens    the   .   .   ␣  qu   .
    ///     lengths    3    0   3   1   2   2
    ///
    /// A place whose token was swallowed by the one before has length 0, or its owner's length if it is the last
    /// one; `tokens` is -1 in both. A queued merge may have become stale by then; comparing ranks finds out.
    func mergeByQueue(_ workspace: inout Workspace) {
        let count = workspace.tokens.count
        workspace.lengths.removeAll(keepingCapacity: true)
        workspace.lengths.append(contentsOf: repeatElement(1, count: count))
        workspace.queue.removeAll()
        for place in 1..<count {
            let merge = merges.merge(of: workspace.tokens[place - 1], workspace.tokens[place])
            if merge.token >= 0 { workspace.queue.add(rank: merge.rank, place: place - 1) }
        }
        workspace.queue.arrange()
        while let (rank, place) = workspace.queue.popFirst() {
            workspace.steps += 1
            apply(rank: rank, at: place, &workspace)
        }
        workspace.tokens.removeAll { $0 < 0 }
    }

    private func apply(rank: UInt32, at place: Int, _ workspace: inout Workspace) {
        let left = workspace.tokens[place]
        let next = place + Int(workspace.lengths[place])
        guard left >= 0, next < workspace.tokens.count else { return }
        let merge = merges.merge(of: left, workspace.tokens[next])
        guard merge.rank == rank else { return }

        let length = workspace.lengths[place] + workspace.lengths[next]
        let end = place + Int(length)
        workspace.tokens[place] = merge.token
        workspace.tokens[next] = -1
        workspace.lengths[next] = 0
        workspace.lengths[place] = length
        workspace.lengths[end - 1] = length

        if place > 0 {
            let previous = place - Int(workspace.lengths[place - 1])
            offer(previous, workspace.tokens[previous], merge.token, &workspace)
        }
        if end < workspace.tokens.count {
            offer(place, merge.token, workspace.tokens[end], &workspace)
        }
    }

    private func offer(_ place: Int, _ left: Int32, _ right: Int32, _ workspace: inout Workspace) {
        let merge = merges.merge(of: left, right)
        if merge.token >= 0 { workspace.queue.insert(rank: merge.rank, place: place) }
    }
}
