/// Finds tokens that are recognised as a whole, before text is cut into pieces.
///
/// A trie in arrays. The search goes from left to right and takes the longest token at each place. It costs at most
/// the text's length times that of the longest token, and next to nothing where no token's first byte occurs.
struct SpecialTokenTrie: Sendable {
    private struct Node: Sendable {
        /// The token that ends here, or -1.
        var token: Int32 = -1
        var isControl = false
        var edges: [(byte: UInt8, node: Int)] = []
    }

    private var nodes: [Node] = [Node()]

    /// Whether any token begins with this byte.
    private var begins = [Bool](repeating: false, count: 256)

    /// Whether there are tokens that text of any origin may contain.
    private(set) var hasUserDefined = false

    /// Adds a token; of two with the same text the first wins.
    mutating func insert(_ text: some Collection<UInt8>, token: Int32, isControl: Bool) {
        guard let first = text.first else { return }
        var node = 0
        for byte in text {
            if let next = child(of: node, byte) {
                node = next
            } else {
                nodes[node].edges.append((byte, nodes.count))
                node = nodes.count
                nodes.append(Node())
            }
        }
        guard nodes[node].token < 0 else { return }
        nodes[node].token = token
        nodes[node].isControl = isControl
        begins[Int(first)] = true
        if !isControl { hasUserDefined = true }
    }

    /// The first token at or after `start`.
    ///
    /// - Parameter trusted: where control tokens count, in order and apart from each other. `nextTrusted` is the
    ///   index of the first of them that does not end before `start`, moved on by the search.
    func firstMatch(
        in text: borrowing Span<UInt8>, from start: Int, trusted: [Range<Int>], nextTrusted: inout Int
    ) -> (token: Int32, range: Range<Int>)? {
        for index in start..<text.count where begins[Int(text[index])] {
            while nextTrusted < trusted.count, trusted[nextTrusted].upperBound <= index { nextTrusted += 1 }
            var controlLimit = index
            if nextTrusted < trusted.count, trusted[nextTrusted].contains(index) {
                controlLimit = trusted[nextTrusted].upperBound
            }
            if let match = longestMatch(in: text, at: index, controlLimit: controlLimit) { return match }
        }
        return nil
    }

    /// The token whose text is exactly this.
    func token(_ text: some Collection<UInt8>) -> Int32? {
        var node = 0
        for byte in text {
            guard let next = child(of: node, byte) else { return nil }
            node = next
        }
        return nodes[node].token < 0 ? nil : nodes[node].token
    }

    private func longestMatch(
        in text: borrowing Span<UInt8>, at start: Int, controlLimit: Int
    ) -> (token: Int32, range: Range<Int>)? {
        var node = 0
        var index = start
        var match: (token: Int32, range: Range<Int>)?
        // Without user-defined tokens nothing can end beyond the trusted range.
        let limit = hasUserDefined ? text.count : controlLimit
        while index < limit, let next = child(of: node, text[index]) {
            node = next
            index += 1
            if nodes[node].token >= 0, !nodes[node].isControl || index <= controlLimit {
                match = (nodes[node].token, start..<index)
            }
        }
        return match
    }

    private func child(of node: Int, _ byte: UInt8) -> Int? {
        for edge in nodes[node].edges where edge.byte == byte { return edge.node }
        return nil
    }
}
