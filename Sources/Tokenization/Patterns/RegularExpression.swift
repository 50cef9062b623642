/// A regular expression over well-formed UTF-8 that takes linear time whatever the text.
///
/// It has what the splitting rules of published tokenisers use: classes of Unicode, alternatives in order of
/// preference, greedy and lazy repetition, possessive repetition of single characters, look-ahead and one character of
/// look-behind, anchors, case folding. It is run by backtracking, with a note of every pair of instruction and place
/// that has failed: what follows depends on nothing else, so none is tried twice, not even by a later match. The work is
/// at most the product of both counts.
///
/// Back references and atomic groups are refused, they would break that bound.
struct RegularExpression: Sendable {
    /// One step of the program. Instructions follow each other unless they say otherwise.
    enum Instruction: Sendable {
        case scalar(UInt32)
        case set(ScalarMatcher)
        /// Tries `first`, and `second` if that fails.
        case split(first: Int, second: Int)
        case jump(Int)
        /// Goes on at `next` whenever the scalar here is in the set, staying at this instruction; else behind it. No
        /// way back.
        case possess(ScalarMatcher)
        /// Runs the instructions behind it up to `accept` without taking text, then goes on at `next` if they matched
        /// or, negated, if they did not.
        case look(next: Int, isNegated: Bool)
        /// Whether the scalar before this place is in the set; none is before the beginning.
        case lookBehind(ScalarMatcher, isNegated: Bool)
        case anchor(Anchor)
        case accept
    }

    enum Anchor: Sendable {
        case start, end, endOrLastNewline, lineStart, lineEnd, wordBoundary, noWordBoundary
    }

    let program: [Instruction]

    /// For each instruction its number among those that branch, or -1.
    let branches: [Int]
    let branchCount: Int

    /// - Throws: `TokenizerError.unsupportedExpression`, which says what cannot be run.
    init(_ source: String) throws(TokenizerError) {
        var parser = ExpressionParser(source)
        let tree = try parser.parse()
        var compiler = ExpressionCompiler(source)
        try compiler.compile(tree)
        program = compiler.finish()
        var branches: [Int] = []
        var count = 0
        for instruction in program {
            switch instruction {
            case .split, .look, .possess:
                branches.append(count)
                count += 1
            default: branches.append(-1)
            }
        }
        self.branches = branches
        branchCount = count
    }

    /// Calls `body` with each match in `range` from left to right. Empty matches are passed over.
    func forEachMatch(in text: borrowing Span<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var search = ExpressionSearch(self, range: range)
        var start = range.lowerBound
        while start < range.upperBound {
            if let end = search.match(in: text, at: start), end > start {
                body(start..<end)
                start = end
            } else {
                start = text.scalar(at: start).next
            }
        }
    }
}
