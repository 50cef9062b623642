import DequeModule

/// Sequences that wait for a place: a line for each lane and tenant, each in order of submission.
///
/// Lines may be tens of thousands long, so they are searched by halves and changed in place.
struct WaitingLine {
    private typealias Line = Deque<Sequence>

    private var lines: [[Tenant: Line]] = Lane.allCases.map { _ in [:] }
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    func isEmpty(_ lane: Lane) -> Bool { lines[lane.rawValue].isEmpty }

    /// Tenants with somebody in this lane.
    func tenants(in lane: Lane) -> some Collection<Tenant> { lines[lane.rawValue].keys }

    /// The first of each tenant's line.
    func heads(of lane: Lane) -> some Swift.Sequence<Sequence> { lines[lane.rawValue].values.lazy.map { $0[0] } }

    func first(of tenant: Tenant, in lane: Lane) -> Sequence? { lines[lane.rawValue][tenant]?.first }

    /// Puts a sequence in its place: behind all that were submitted before it.
    mutating func insert(_ sequence: Sequence) {
        Self.insert(sequence, into: &lines[sequence.lane.rawValue][sequence.tenant, default: []])
        count += 1
    }

    private static func insert(_ sequence: Sequence, into line: inout Line) {
        line.insert(sequence, at: position(of: sequence.id, in: line))
    }

    mutating func remove(_ sequence: Sequence) {
        let lane = sequence.lane.rawValue
        guard let line = lines[lane].index(forKey: sequence.tenant) else { return }
        let position = Self.position(of: sequence.id, in: lines[lane].values[line])
        guard position < lines[lane].values[line].count, lines[lane].values[line][position] === sequence else { return }
        lines[lane].values[line].remove(at: position)
        if lines[lane].values[line].isEmpty { lines[lane].remove(at: line) }
        count -= 1
    }

    /// The newest of a tenant's sequences that satisfies a condition.
    func newest(of tenant: Tenant, where isWanted: (Sequence) -> Bool) -> Sequence? {
        lines.compactMap { $0[tenant]?.last(where: isWanted) }.max { $0.id < $1.id }
    }

    /// How many of a tenant's sequences wait here.
    func count(of tenant: Tenant) -> Int { lines.reduce(0) { $0 + ($1[tenant]?.count ?? 0) } }

    /// Where a sequence of this number stands, or would.
    private static func position(of id: SequenceID, in line: Line) -> Int {
        // Newcomers go to the end, and who gets a place is at the front.
        if let last = line.last, last.id < id { return line.count }
        var (low, high) = (0, line.count)
        while low < high {
            let middle = (low + high) / 2
            if line[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
