/// Finds the token that consists of given bytes: an open-addressing hash table, at most half full.
///
/// The table holds no bytes of its own, only token numbers; `TokenContents` has the bytes. Swift's `String` is no key
/// for this: it hashes slowly and takes canonically equivalent spellings as equal, which are different tokens.
struct ContentIndex: Sendable {
    /// In each slot the upper half of the hash and the token's number; or `vacant`.
    private var slots: [UInt64]
    private let mask: Int

    /// Drawn at start, so that nobody can prepare a vocabulary whose tokens all meet in one slot.
    private let seed: UInt64

    private static let vacant = UInt64.max

    init(capacity: Int) {
        let size = 1 << (Int.bitWidth - max(16, capacity * 2).leadingZeroBitCount)
        slots = [UInt64](repeating: Self.vacant, count: size)
        mask = size - 1
        seed = UInt64.random(in: .min ... .max) | 1
    }

    /// Adds a token unless its bytes are there already: of duplicates the first wins.
    mutating func insert(_ token: Int, _ contents: TokenContents) {
        let bytes = Array(contents.bytes(of: token))
        let range = bytes.indices
        let hash = hash(bytes.span, range)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != Self.vacant {
            if contents.matches(Int(slots[slot] & 0xFFFF_FFFF), bytes.span, range) { return }
            slot = (slot + 1) & mask
        }
        slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(token)
    }

    /// The token that consists of the bytes in `range`.
    @inline(__always)
    func find(_ text: borrowing Span<UInt8>, _ range: Range<Int>, _ contents: TokenContents) -> Int? {
        let hash = hash(text, range)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = slots[slot]
            if entry == Self.vacant { return nil }
            if (entry ^ hash) >> 32 == 0 {
                let token = Int(entry & 0xFFFF_FFFF)
                if contents.matches(token, text, range) { return token }
            }
            slot = (slot + 1) & mask
        }
    }

    /// FNV-1a over the bytes with a seed, then a finaliser, because the table uses the low bits.
    @inline(__always)
    private func hash(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var hash = seed
        for index in range {
            hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01B3
        }
        return hash.mixed
    }
}

extension UInt64 {
    /// Spreads every bit over all others (the finaliser of MurmurHash3).
    @inline(__always)
    var mixed: UInt64 {
        var value = self
        value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ value >> 33
    }
}
