/// The pieces of a vocabulary by their beginnings: finds all pieces that begin at a place of a text in one walk.
///
/// One open-addressing table of edges for all nodes, at most half full. A node of its own would cost hundreds of
/// megabytes for the quarter of a million pieces that vocabularies have today.
struct PieceTrie: Sendable {
    /// In each slot a node and a byte, `node << 8 | byte`; or `vacant`.
    private var keys: [UInt64]
    /// In each slot the node that the edge leads to.
    private var targets: [UInt32]
    private var mask: Int
    /// Drawn at start, so that nobody can prepare a vocabulary whose edges all meet in one slot.
    private let seed: UInt64

    /// For each node the token that ends there, or -1.
    private var tokens: [Int32] = [-1]

    private static let vacant = UInt64.max

    /// Where walks begin.
    static let root: UInt32 = 0

    /// - Parameter capacity: how many bytes the pieces have together, or a guess.
    init(capacity: Int) {
        let size = 1 << (Int.bitWidth - max(16, capacity).leadingZeroBitCount)
        keys = [UInt64](repeating: Self.vacant, count: size)
        targets = [UInt32](repeating: 0, count: size)
        mask = size - 1
        seed = UInt64.random(in: .min ... .max)
    }

    /// Adds a piece; of two that are the same the first wins.
    mutating func insert(_ piece: some Collection<UInt8>, token: Int32) {
        var node = Self.root
        for byte in piece {
            let slot = slot(of: node, byte)
            if keys[slot] != Self.vacant {
                node = targets[slot]
                continue
            }
            keys[slot] = UInt64(node) << 8 | UInt64(byte)
            node = UInt32(tokens.count)
            targets[slot] = node
            tokens.append(-1)
            if tokens.count * 2 > keys.count { grow() }
        }
        if tokens[Int(node)] < 0 { tokens[Int(node)] = token }
    }

    /// The node behind `node` by `byte`, if any piece goes on so.
    @inline(__always)
    func next(_ node: UInt32, _ byte: UInt8) -> UInt32? {
        let slot = slot(of: node, byte)
        return keys[slot] == Self.vacant ? nil : targets[slot]
    }

    /// The token that ends at a node.
    @inline(__always)
    func token(at node: UInt32) -> Int32? {
        let token = tokens[Int(node)]
        return token < 0 ? nil : token
    }

    /// The node that a walk along `bytes` ends at.
    func node(after bytes: some Sequence<UInt8>) -> UInt32? {
        var node = Self.root
        for byte in bytes {
            guard let next = next(node, byte) else { return nil }
            node = next
        }
        return node
    }

    /// The longest piece at `start`, the walk beginning at `node`.
    @inline(__always)
    func longest(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, at node: UInt32 = root
    ) -> (token: Int32, end: Int)? {
        var node = node
        var index = start
        var best: (token: Int32, end: Int)?
        while index < limit, let next = next(node, text[index]) {
            node = next
            index += 1
            if let token = token(at: node) { best = (token, index) }
        }
        return best
    }

    @inline(__always)
    private func slot(of node: UInt32, _ byte: UInt8) -> Int {
        let key = UInt64(node) << 8 | UInt64(byte)
        var slot = Int(truncatingIfNeeded: (key ^ seed).mixed) & mask
        while keys[slot] != key, keys[slot] != Self.vacant { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let (oldKeys, oldTargets) = (keys, targets)
        keys = [UInt64](repeating: Self.vacant, count: oldKeys.count * 2)
        targets = [UInt32](repeating: 0, count: oldKeys.count * 2)
        mask = keys.count - 1
        for (key, target) in zip(oldKeys, oldTargets) where key != Self.vacant {
            let slot = slot(of: UInt32(key >> 8), UInt8(truncatingIfNeeded: key))
            keys[slot] = key
            targets[slot] = target
        }
    }
}
