import DequeModule

/// Sequences that wait for a place: a line for each lane and tenant, each in order of submission.
struct WaitingLine {
    private var lines: [Lane: [Tenant: Deque<Sequence>]] = [:]
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Tenants with somebody in this lane.
    func tenants(in lane: Lane) -> some Collection<Tenant> { (lines[lane] ?? [:]).keys }

    func first(of tenant: Tenant, in lane: Lane) -> Sequence? { lines[lane]?[tenant]?.first }

    /// Puts a sequence in its place: behind all that were submitted before it.
    mutating func insert(_ sequence: Sequence) {
        var line = lines[sequence.lane]?[sequence.tenant] ?? []
        let index = line.lastIndex { $0.id < sequence.id }.map { $0 + 1 } ?? 0
        line.insert(sequence, at: index)
        lines[sequence.lane, default: [:]][sequence.tenant] = line
        count += 1
    }

    mutating func remove(_ sequence: Sequence) {
        guard var line = lines[sequence.lane]?[sequence.tenant], let index = line.firstIndex(where: { $0 === sequence })
        else { return }
        line.remove(at: index)
        lines[sequence.lane]?[sequence.tenant] = line.isEmpty ? nil : line
        count -= 1
    }

    /// All sequences, in no order that means anything.
    var all: some Swift.Sequence<Sequence> { lines.values.lazy.flatMap { $0.values.lazy.flatMap { $0 } } }
}
