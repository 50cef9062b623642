import Synchronization

/// Metrics of one meaning, told apart by the values of their labels.
///
/// The number of combinations is bounded, because a family never forgets: past the bound, new combinations share one
/// member whose labels all read `other`. Look a member up once and keep it; the look-up takes a lock.
public final class MetricFamily<Member: Metric>: Sendable {
    private struct State {
        var index: [[String]: Int] = [:]
        var members: [(values: [String], member: Member)] = []
    }

    /// How many values each member has.
    public let labelCount: Int
    private let capacity: Int
    private let make: @Sendable () -> Member
    private let state = Mutex(State())

    /// - Parameters:
    ///   - labelCount: how many labels tell the members apart; their names are given at registration.
    ///   - capacity: the most combinations to keep.
    public init(labelCount: Int, capacity: Int = 256, make: @escaping @Sendable () -> Member) {
        precondition(labelCount >= 0 && capacity >= 1)
        self.labelCount = labelCount
        self.capacity = capacity
        self.make = make
    }

    /// The member with these label values, made on first use.
    public subscript(_ values: String...) -> Member { member(values) }

    func member(_ values: [String]) -> Member {
        precondition(values.count == labelCount, "one value for each label")
        return state.withLock { state in
            if let index = state.index[values] { return state.members[index].member }
            let isFull = state.members.count >= capacity - 1
            let key = isFull ? Array(repeating: "other", count: labelCount) : values
            if let index = state.index[key] { return state.members[index].member }
            let member = make()
            state.index[key] = state.members.count
            state.members.append((key, member))
            return member
        }
    }

    /// All members so far, in the order of their first use.
    var snapshot: [(values: [String], member: Member)] { state.withLock { $0.members } }
}
