/// The merges waiting in a long piece, lowest rank first, then leftmost: a heap with four children to a node.
struct MergeQueue {
    /// Ranks take the upper 24 bits of a key and places the lower 40: one comparison orders by both.
    static let rankLimit = 1 << 24
    private static let placeBits: UInt64 = 40

    private var keys: [UInt64] = []

    mutating func removeAll() {
        keys.removeAll(keepingCapacity: true)
    }

    /// Adds a merge without keeping the order; `arrange` restores it once for all.
    mutating func add(rank: UInt32, place: Int) {
        keys.append(UInt64(rank) << Self.placeBits | UInt64(place))
    }

    mutating func arrange() {
        guard keys.count > 1 else { return }
        for index in stride(from: (keys.count - 2) / 4, through: 0, by: -1) {
            sink(keys[index], from: index)
        }
    }

    mutating func insert(rank: UInt32, place: Int) {
        let key = UInt64(rank) << Self.placeBits | UInt64(place)
        var index = keys.count
        keys.append(key)
        while index > 0 {
            let parent = (index - 1) / 4
            guard keys[parent] > key else { break }
            keys[index] = keys[parent]
            index = parent
        }
        keys[index] = key
    }

    mutating func popFirst() -> (rank: UInt32, place: Int)? {
        guard let first = keys.first, let last = keys.popLast() else { return nil }
        if !keys.isEmpty { sink(last, from: 0) }
        let place = Int(first & (1 << Self.placeBits - 1))
        return (UInt32(first >> Self.placeBits), place)
    }

    /// Puts `key` into the hole at `start` or below.
    private mutating func sink(_ key: UInt64, from start: Int) {
        var index = start
        while true {
            let child = index * 4 + 1
            guard child < keys.count else { break }
            var smallest = child
            for other in child + 1..<max(child + 1, min(child + 4, keys.count)) where keys[other] < keys[smallest] {
                smallest = other
            }
            guard keys[smallest] < key else { break }
            keys[index] = keys[smallest]
            index = smallest
        }
        keys[index] = key
    }
}
