/// When the engine must look at a sequence again: its deadline, the end of its wait for a place or for its reader.
///
/// A binary heap, the earliest on top, so that a turn costs nothing while thousands wait. Entries are never taken back:
/// one whose cause is gone is dropped when its time comes, or when such entries are most of all.
struct Appointments {
    private struct Entry {
        var time: ContinuousClock.Instant
        var id: SequenceID

        static func < (left: Self, right: Self) -> Bool { (left.time, left.id) < (right.time, right.id) }
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    /// When the next one is.
    var first: ContinuousClock.Instant? { entries.first?.time }

    mutating func add(_ time: ContinuousClock.Instant, _ id: SequenceID) {
        entries.append(Entry(time: time, id: id))
        rise(from: entries.count - 1)
    }

    /// Takes the first one out if its time has come.
    mutating func popFirst(until now: ContinuousClock.Instant) -> SequenceID? {
        guard let first = entries.first, first.time <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        sink(from: 0)
        return first.id
    }

    /// Drops entries of sequences that are gone.
    mutating func removeAll(where isGone: (SequenceID) -> Bool) {
        entries.removeAll { isGone($0.id) }
        for index in (0..<entries.count / 2).reversed() { sink(from: index) }
    }

    private mutating func rise(from start: Int) {
        var index = start
        while index > 0, entries[index] < entries[(index - 1) / 2] {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(from start: Int) {
        var index = start
        while true {
            var least = index
            for child in (2 * index + 1)...(2 * index + 2)
            where child < entries.count && entries[child] < entries[least] {
                least = child
            }
            if least == index { return }
            entries.swapAt(index, least)
            index = least
        }
    }
}
