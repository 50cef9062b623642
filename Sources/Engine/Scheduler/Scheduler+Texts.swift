extension Scheduler {
    /// Plans as many whole texts of a request as the step has room for; returns how many tokens they have.
    ///
    /// A text is never cut. One that is longer than what a step takes goes alone: as the first among the step's prompts,
    /// of whatever length. So whoever's turn it is gets on in every step.
    mutating func planTexts(of sequence: Sequence, _ job: PoolingJob, budget: Int) -> Int {
        var count = 0
        while let next = job.nextTokenCount {
            let rows = job.nextRowCount
            guard
                step.promptTokens == 0
                    || count + next <= budget && step.scoredRows + rows <= limits.maximumScoredRows,
                let blocks = takeBlocks(forText: next, of: sequence)
            else { break }
            step.texts.append(
                ScheduledText(
                    sequence: sequence, job: job, index: job.plannedCount, blocks: blocks, isLong: next > longTextLimit)
            )
            job.plannedCount += 1
            count += next
            step.promptTokens += next
            step.scoredRows += rows
            charge(sequence, promptTokens: next)
        }
        return count
    }

    /// Blocks for a text, which holds them for one step; nil when there are not enough.
    private mutating func takeBlocks(forText count: Int, of sequence: Sequence) -> [Int32]? {
        guard hasCache else { return [] }
        let needed = (count + blockLength - 1) / blockLength
        makeRoom(for: sequence, tokenCount: needed * blockLength)
        guard needed <= pool.availableCount else { return nil }
        // There are as many as that, so that none is missing.
        return (0..<needed).compactMap { _ in pool.allocate(for: sequence.tenant) }
    }

    /// The step is over: nothing of its texts is kept.
    mutating func releaseTexts() {
        for index in step.texts.indices {
            pool.release(table: step.texts[index].blocks)
            step.texts[index].blocks = []
        }
    }
}
