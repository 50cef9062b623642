/// Finds tokens that are recognised as a whole, before text is cut into pieces.
///
/// A trie in arrays. The search goes from left to right and takes the longest token at each place. It costs at most
/// the text's length times that of the longest token, and next to nothing where no token's first byte occurs.
struct AddedTokenTrie: Sendable {
    private struct Node: Sendable {
        /// The token that ends here.
        var token: AddedToken?
        var edges: [(byte: UInt8, node: Int)] = []
    }

    private var nodes: [Node] = [Node()]

    /// Whether any token begins with this byte.
    private var begins = [Bool](repeating: false, count: 256)

    /// Whether there are tokens that text of any origin may contain.
    private(set) var hasUserDefined = false

    /// Whether there are no tokens at all.
    var isEmpty: Bool { nodes.count == 1 }

    /// Adds a token; of two with the same text the first wins.
    mutating func insert(_ text: some Collection<UInt8>, _ token: AddedToken) {
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
        guard nodes[node].token == nil else { return }
        nodes[node].token = token
        begins[Int(first)] = true
        if !token.isControl { hasUserDefined = true }
    }

    /// The first token at or after `start`, and the text that it takes.
    ///
    /// - Parameter trusted: where control tokens count, in order and apart from each other. `nextTrusted` is the
    ///   index of the first of them that does not end before `start`, moved on by the search.
    func firstMatch(
        in text: borrowing Span<UInt8>, from start: Int, trusted: [Range<Int>], nextTrusted: inout Int
    ) -> (token: Int32, range: Range<Int>)? {
        var index = start
        while index < text.count {
            guard begins[Int(text[index])] else {
                index += 1
                continue
            }
            while nextTrusted < trusted.count, trusted[nextTrusted].upperBound <= index { nextTrusted += 1 }
            var controlLimit = index
            if nextTrusted < trusted.count, trusted[nextTrusted].contains(index) {
                controlLimit = trusted[nextTrusted].upperBound
            }
            guard let match = longestMatch(in: text, at: index, controlLimit: controlLimit) else {
                index += 1
                continue
            }
            if match.token.isWholeWord, text.continuesWord(at: match.range.lowerBound, match.range.upperBound) {
                index = match.range.upperBound
                continue
            }
            return (match.token.token, text.widened(match.range, for: match.token, from: start))
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
        return nodes[node].token?.token
    }

    private func longestMatch(
        in text: borrowing Span<UInt8>, at start: Int, controlLimit: Int
    ) -> (token: AddedToken, range: Range<Int>)? {
        var node = 0
        var index = start
        var match: (token: AddedToken, range: Range<Int>)?
        // Without user-defined tokens nothing can end beyond the trusted range.
        let limit = hasUserDefined ? text.count : controlLimit
        while index < limit, let next = child(of: node, text[index]) {
            node = next
            index += 1
            if let token = nodes[node].token, !token.isControl || index <= controlLimit {
                match = (token, start..<index)
            }
        }
        return match
    }

    private func child(of node: Int, _ byte: UInt8) -> Int? {
        for edge in nodes[node].edges where edge.byte == byte { return edge.node }
        return nil
    }
}

extension Span<UInt8> {
    /// Whether a word goes on across either end of a range.
    fileprivate func continuesWord(at start: Int, _ end: Int) -> Bool {
        if start > 0, scalar(at: startOfScalar(before: start)).value.isWord { return true }
        return end < count && scalar(at: end).value.isWord
    }

    /// A token's range with the whitespace that it swallows.
    fileprivate func widened(_ range: Range<Int>, for token: AddedToken, from first: Int) -> Range<Int> {
        let classes = ScalarClasses.shared
        var start = range.lowerBound
        while token.swallowsBefore, start > first {
            let previous = startOfScalar(before: start)
            guard previous >= first, classes.read(self, at: previous).class.contains(.whitespace) else { break }
            start = previous
        }
        guard token.swallowsAfter else { return start..<range.upperBound }
        return start..<classes.endOfRun(of: .whitespace, in: self, from: range.upperBound, limit: count)
    }

    private func startOfScalar(before index: Int) -> Int {
        var start = index - 1
        while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }
}
