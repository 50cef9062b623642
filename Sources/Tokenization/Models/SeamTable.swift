/// Where text can be cut before it is encoded: between two characters that no token joins.
///
/// Nothing that happens on one side of such a seam bears on the other, so the tokens are the same. But stretches are
/// short, mostly words, and what one works on stays in the processor's nearest cache.
///
/// PERF: English through a LLaMA vocabulary: 1.6 -> 15 MB/s, together with `StretchCache`.
struct SeamTable: Sendable {
    /// One bit for each two characters of ASCII.
    private var ascii = [UInt64](repeating: 0, count: 128 * 128 / 64)

    /// All other pairs, in an open-addressing table that is at most half full.
    private var keys: [UInt64]
    private var count = 0
    private let seed: UInt64

    /// What becomes of characters that the vocabulary does not know.
    enum Unknowns: Sendable {
        /// Each stands for itself.
        case apart
        /// As many as stand together become one token.
        case fused
        /// They vanish, and their neighbours meet.
        case dropped
    }

    private let unknowns: Unknowns

    private static let vacant = UInt64.max

    /// Beyond all scalars: paired with those that the vocabulary knows by themselves.
    private static let nothing: UInt32 = 0x110000

    init(unknowns: Unknowns = .apart) {
        self.unknowns = unknowns
        keys = [UInt64](repeating: Self.vacant, count: 1 << 10)
        seed = UInt64.random(in: .min ... .max)
    }

    /// Notes every two neighbours within a token.
    mutating func insertNeighbors(in token: borrowing Span<UInt8>) {
        guard !token.isEmpty else { return }
        var last = token.scalar(at: 0)
        while last.next < token.count {
            let next = token.scalar(at: last.next)
            insert(last.value, next.value)
            last = next
        }
    }

    /// Notes that a token may end with the one character where another begins with the other, and both merge.
    mutating func insertBorder(_ left: borrowing Span<UInt8>, _ right: borrowing Span<UInt8>) {
        guard !left.isEmpty, !right.isEmpty else { return }
        var last = left.count - 1
        while last > 0, left[last] & 0xC0 == 0x80 { last -= 1 }
        insert(left.scalar(at: last).value, right.scalar(at: 0).value)
    }

    /// Notes that a character is a token.
    mutating func insertKnown(_ scalar: UInt32) {
        insert(scalar, Self.nothing)
    }

    /// The end of the stretch that begins at `start`: the next seam, or `limit`.
    @inline(__always)
    func endOfStretch(in text: borrowing Span<UInt8>, from start: Int, limit: Int) -> Int {
        var last = text.scalar(at: start)
        while last.next < limit {
            let next = text.scalar(at: last.next)
            guard joins(last.value, next.value) else { break }
            last = next
        }
        return last.next
    }

    @inline(__always)
    private func joins(_ left: UInt32, _ right: UInt32) -> Bool {
        if contains(left, right) { return true }
        switch unknowns {
        case .apart: return false
        case .fused: return !contains(left, Self.nothing) && !contains(right, Self.nothing)
        case .dropped: return !contains(left, Self.nothing) || !contains(right, Self.nothing)
        }
    }

    @inline(__always)
    private func contains(_ left: UInt32, _ right: UInt32) -> Bool {
        if left < 128, right < 128 {
            let bit = Int(left << 7 | right)
            return ascii[bit >> 6] >> UInt64(bit & 63) & 1 != 0
        }
        let key = UInt64(left) << 32 | UInt64(right)
        return keys[slot(of: key)] == key
    }

    private mutating func insert(_ left: UInt32, _ right: UInt32) {
        if left < 128, right < 128 {
            let bit = Int(left << 7 | right)
            ascii[bit >> 6] |= 1 << UInt64(bit & 63)
            return
        }
        let key = UInt64(left) << 32 | UInt64(right)
        let slot = slot(of: key)
        guard keys[slot] != key else { return }
        keys[slot] = key
        count += 1
        guard count * 2 > keys.count else { return }
        let old = keys
        keys = [UInt64](repeating: Self.vacant, count: old.count * 2)
        for key in old where key != Self.vacant { keys[self.slot(of: key)] = key }
    }

    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: (key ^ seed).mixed) & mask
        while keys[slot] != key, keys[slot] != Self.vacant { slot = (slot + 1) & mask }
        return slot
    }
}
