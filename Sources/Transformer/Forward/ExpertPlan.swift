import Kernels

/// Which experts the rows of a step go to in one layer.
///
/// A slot is one row at one of its experts. Slots of an expert lie together, and each expert's begin with a group of
/// rows, so that one product serves them all.
///
/// Each layer has a plan of its own: a member of the team that comes late must find the numbers of the loops that it
/// passes through as they were.
final class ExpertPlan {
    /// The rows of one expert.
    struct Share {
        var expert: Int
        var firstSlot: Int
        var slotCount: Int
    }

    /// The experts that have rows.
    private(set) var shares: [Share] = []
    /// The slots of all shares, with the unused ones between them.
    private(set) var slotCount = 0
    /// For each row its slots, in the order of its choices.
    private(set) var slots: [Int] = []
    /// While the plan is made: of each expert its rows, then its next slot.
    private var counts: [Int] = []

    /// The most slots that so many rows can need.
    static func slotLimit(rowCount: Int, _ spec: ExpertsSpec) -> Int {
        let grain = ActivationRows.rowGrain
        return rowCount * spec.usedCount + min(spec.count, rowCount * spec.usedCount) * (grain - 1)
    }

    /// Replaces the plan, keeping its memory.
    ///
    /// - Parameter choices: The experts of each row, `usedCount` of them.
    func rebuild(rowCount: Int, _ spec: ExpertsSpec, choices: UnsafePointer<Int32>) {
        let count = rowCount * spec.usedCount
        counts.removeAll(keepingCapacity: true)
        counts.append(contentsOf: repeatElement(0, count: spec.count))
        for choice in 0..<count { counts[Int(choices[choice])] += 1 }
        shares.removeAll(keepingCapacity: true)
        slotCount = 0
        for expert in 0..<spec.count where counts[expert] > 0 {
            shares.append(Share(expert: expert, firstSlot: slotCount, slotCount: counts[expert]))
            // From here on where the expert's next row goes.
            let groupCount = counts[expert].dividedRoundingUp(by: ActivationRows.rowGrain)
            counts[expert] = slotCount
            slotCount += groupCount * ActivationRows.rowGrain
        }
        slots.removeAll(keepingCapacity: true)
        for choice in 0..<count {
            let expert = Int(choices[choice])
            slots.append(counts[expert])
            counts[expert] += 1
        }
    }
}
