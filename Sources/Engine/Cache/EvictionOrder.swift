/// In which order cached blocks that nobody uses are given up: least recently used first, within fair shares.
///
/// One doubly linked list for each tenant runs through the blocks, the least recently used at its head. A tenant whose
/// blocks are at least the mean share of all pays for its own growth; others may take from those above the mean. So a
/// client that sends many long prompts cannot push out what others have cached below their share.
struct EvictionOrder {
    private struct Line {
        var head: Int32
        var tail: Int32
        var count: Int
    }

    private static let none: Int32 = -1

    private var lines: [Tenant: Line] = [:]
    private var previous: [Int32]
    private var next: [Int32]
    private var owner: [Tenant?]
    /// When each block was put down, in turns of a counter.
    private var putDownAt: [UInt64]
    private var turn: UInt64 = 0
    private(set) var count = 0

    init(blockCount: Int) {
        previous = Array(repeating: Self.none, count: blockCount)
        next = previous
        owner = Array(repeating: nil, count: blockCount)
        putDownAt = Array(repeating: 0, count: blockCount)
    }

    /// A block of this tenant is no longer in use, and was until now.
    mutating func append(_ block: Int32, of tenant: Tenant) {
        assert(owner[Int(block)] == nil, "the block is in the order already")
        turn += 1
        putDownAt[Int(block)] = turn
        owner[Int(block)] = tenant
        next[Int(block)] = Self.none
        var line = lines[tenant] ?? Line(head: Self.none, tail: Self.none, count: 0)
        previous[Int(block)] = line.tail
        if line.tail == Self.none { line.head = block } else { next[Int(line.tail)] = block }
        line.tail = block
        line.count += 1
        lines[tenant] = line
        count += 1
    }

    /// A block is in use again, or given up.
    mutating func remove(_ block: Int32) {
        guard let tenant = owner[Int(block)], var line = lines[tenant] else {
            preconditionFailure("the block is not in the order")
        }
        let (before, after) = (previous[Int(block)], next[Int(block)])
        if before == Self.none { line.head = after } else { next[Int(before)] = after }
        if after == Self.none { line.tail = before } else { previous[Int(after)] = before }
        line.count -= 1
        lines[tenant] = line.count == 0 ? nil : line
        owner[Int(block)] = nil
        count -= 1
    }

    /// The block to give up when `tenant` needs one; nil if there is none.
    func candidate(for tenant: Tenant) -> Int32? {
        if let line = lines[tenant], isAtLeastMean(line) { return line.head }
        return lines.values.lazy.filter(isAtLeastMean).map(\.head).min { putDownAt[Int($0)] < putDownAt[Int($1)] }
    }

    private func isAtLeastMean(_ line: Line) -> Bool { line.count * lines.count >= count }
}
