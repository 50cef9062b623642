/// What a rule looks for in text: a spelling, or an expression.
enum Pattern: Sendable {
    case literal([UInt8])
    case expression(RegularExpression)

    /// Calls `body` with each match from left to right; matches do not overlap and are not empty.
    func forEachMatch(in text: borrowing Span<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        switch self {
        case .literal(let wanted):
            guard !wanted.isEmpty else { return }
            var index = range.lowerBound
            while index + wanted.count <= range.upperBound {
                if Self.matches(wanted, in: text, at: index) {
                    body(index..<index + wanted.count)
                    index += wanted.count
                } else {
                    index += 1
                }
            }
        case .expression(let expression):
            expression.forEachMatch(in: text, range, body)
        }
    }

    /// The text with every match replaced, or nil if there is none.
    func replacing(_ text: borrowing Span<UInt8>, _ range: Range<Int>, with replacement: [UInt8]) -> [UInt8]? {
        var matches: [Range<Int>] = []
        forEachMatch(in: text, range) { matches.append($0) }
        guard !matches.isEmpty else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(range.count + matches.count * replacement.count)
        var position = range.lowerBound
        for match in matches {
            for index in position..<match.lowerBound { output.append(text[index]) }
            output.append(contentsOf: replacement)
            position = match.upperBound
        }
        for index in position..<range.upperBound { output.append(text[index]) }
        return output
    }

    func replace(in text: inout [UInt8], with replacement: [UInt8]) {
        if let replaced = replacing(text.span, text.indices, with: replacement) { text = replaced }
    }

    private static func matches(_ wanted: [UInt8], in text: borrowing Span<UInt8>, at start: Int) -> Bool {
        for index in wanted.indices where text[start + index] != wanted[index] { return false }
        return true
    }
}
