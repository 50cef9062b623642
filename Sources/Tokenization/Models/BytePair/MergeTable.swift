/// What two neighbouring tokens become and how early: an open-addressing hash table, at most half full.
struct MergeTable: Sendable {
    /// The outcome of a merge.
    struct Merge: Sendable {
        /// Its place in the list; the lowest goes first.
        var rank: UInt32
        var token: Int32

        /// Stands for "these two do not merge"; it ranks after every merge.
        static let none = Merge(rank: .max, token: -1)
    }

    private struct Slot: Sendable {
        var pair: UInt64
        var merge: Merge
    }

    /// No pair: token numbers are not negative, so both halves of a pair have their upper bit clear.
    private static let vacant = UInt64.max

    private var slots: [Slot]
    private let mask: Int
    private let seed: UInt64

    init(capacity: Int) {
        let size = 1 << (Int.bitWidth - max(16, capacity * 2).leadingZeroBitCount)
        slots = [Slot](repeating: Slot(pair: Self.vacant, merge: .none), count: size)
        mask = size - 1
        seed = UInt64.random(in: .min ... .max)
    }

    /// Adds a merge unless the pair has one already.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let pair = Self.pair(left, right)
        var slot = home(of: pair)
        while slots[slot].pair != Self.vacant {
            if slots[slot].pair == pair { return }
            slot = (slot + 1) & mask
        }
        slots[slot] = Slot(pair: pair, merge: merge)
    }

    /// The merge of two neighbours, or `none`.
    @inline(__always)
    func merge(of left: Int32, _ right: Int32) -> Merge {
        let pair = Self.pair(left, right)
        var slot = home(of: pair)
        while true {
            let entry = slots[slot]
            if entry.pair == pair || entry.pair == Self.vacant { return entry.merge }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always)
    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private func home(of pair: UInt64) -> Int {
        Int(truncatingIfNeeded: (pair ^ seed).mixed) & mask
    }
}
