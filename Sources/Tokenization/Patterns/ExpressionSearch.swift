/// One run of an expression over one text.
struct ExpressionSearch {
    private let program: [RegularExpression.Instruction]
    private let range: Range<Int>
    /// One bit for each pair of a branching instruction and a place: set once all its branches have failed there.
    private var failed: [UInt64] = []
    /// The same for what has led to a match within a look-ahead: there any match is as good as another.
    ///
    /// Without it `(?=(?:\d{3})*(?!\d))` would run to the end of the digits from every third of them.
    private var succeeded: [UInt64] = []
    /// For each instruction its number among those that branch, or -1.
    private let branches: [Int]
    private let branchCount: Int
    /// The results of look-aheads, two bits for each: known, matched.
    private var looked: [UInt64] = []
    private var stack: [Choice] = []

    /// How many steps all matches took, for tests of complexity.
    private(set) var steps = 0

    private struct Choice {
        var instruction: Int
        var place: Int
        /// Whether everything from here on has failed when this is reached.
        var isSpent: Bool
    }

    init(_ expression: RegularExpression, range: Range<Int>) {
        program = expression.program
        branches = expression.branches
        branchCount = expression.branchCount
        self.range = range
    }

    /// The end of the preferred match that begins at `start`.
    mutating func match(in text: borrowing Span<UInt8>, at start: Int) -> Int? {
        run(in: text, from: 0, at: start, isLook: false)
    }

    /// Runs the program from an instruction on. Look-aheads run within it, as deep as they nest.
    private mutating func run(
        in text: borrowing Span<UInt8>, from instruction: Int, at start: Int, isLook: Bool
    ) -> Int? {
        let base = stack.count
        stack.append(Choice(instruction: instruction, place: start, isSpent: false))
        while stack.count > base, let choice = stack.popLast() {
            if choice.isSpent {
                markFailed(choice.instruction, choice.place)
            } else if let end = follow(text, choice.instruction, choice.place) {
                if isLook { markSucceeded(stack[base...]) }
                stack.removeSubrange(base...)
                return end
            }
        }
        return nil
    }

    /// Follows one way to its end: where it matched, or nil when it failed.
    private mutating func follow(_ text: borrowing Span<UInt8>, _ start: Int, _ from: Int) -> Int? {
        var instruction = start
        var place = from
        while true {
            steps += 1
            switch program[instruction] {
            case .accept: return place
            case .scalar(let wanted):
                guard place < range.upperBound else { return nil }
                let scalar = text.scalar(at: place)
                guard scalar.value == wanted else { return nil }
                place = scalar.next
                instruction += 1
            case .set(let set):
                guard let next = take(set, text, place) else { return nil }
                place = next
                instruction += 1
            case .jump(let target): instruction = target
            case .split(let first, let second):
                guard !hasFailed(instruction, place) else { return nil }
                if hasSucceeded(instruction, place) { return place }
                stack.append(Choice(instruction: instruction, place: place, isSpent: true))
                stack.append(Choice(instruction: second, place: place, isSpent: false))
                instruction = first
            case .possess(let set):
                guard !hasFailed(instruction, place) else { return nil }
                if hasSucceeded(instruction, place) { return place }
                stack.append(Choice(instruction: instruction, place: place, isSpent: true))
                if let next = take(set, text, place) { place = next } else { instruction += 1 }
            case .look(let next, let isNegated):
                guard look(text, instruction, place) != isNegated else { return nil }
                instruction = next
            case .lookBehind(let set, let isNegated):
                guard behind(set, text, place) != isNegated else { return nil }
                instruction += 1
            case .anchor(let anchor):
                guard holds(anchor, text, place) else { return nil }
                instruction += 1
            }
        }
    }

    @inline(__always)
    private func take(_ set: ScalarMatcher, _ text: borrowing Span<UInt8>, _ place: Int) -> Int? {
        guard place < range.upperBound else { return nil }
        let scalar = text.scalar(at: place)
        return set.contains(scalar.value) ? scalar.next : nil
    }

    /// Whether the look-ahead at `instruction` matches here; asked once for each place.
    private mutating func look(_ text: borrowing Span<UInt8>, _ instruction: Int, _ place: Int) -> Bool {
        let bit = bit(instruction, place) * 2
        if looked.isEmpty { looked = [UInt64](repeating: 0, count: bitCount / 32 + 1) }
        if looked[bit >> 6] >> UInt64(bit & 63) & 1 != 0 { return looked[bit >> 6] >> UInt64(bit & 63) & 2 != 0 }
        let matches = run(in: text, from: instruction + 1, at: place, isLook: true) != nil
        looked[bit >> 6] |= (matches ? 3 : 1) << UInt64(bit & 63)
        return matches
    }

    private func behind(_ set: ScalarMatcher, _ text: borrowing Span<UInt8>, _ place: Int) -> Bool {
        previous(text, place).map { set.contains($0) } ?? false
    }

    private func previous(_ text: borrowing Span<UInt8>, _ place: Int) -> UInt32? {
        guard place > range.lowerBound else { return nil }
        var start = place - 1
        while start > range.lowerBound, text[start] & 0xC0 == 0x80 { start -= 1 }
        return text.scalar(at: start).value
    }

    private func holds(_ anchor: RegularExpression.Anchor, _ text: borrowing Span<UInt8>, _ place: Int) -> Bool {
        let newline: UInt32 = 0x0A
        switch anchor {
        case .start: return place == range.lowerBound
        case .end: return place == range.upperBound
        case .endOrLastNewline:
            return place == range.upperBound
                || place == range.upperBound - 1 && text[place] == UInt8(truncatingIfNeeded: newline)
        case .lineStart: return (previous(text, place) ?? newline) == newline
        case .lineEnd:
            return place == range.upperBound || text[place] == UInt8(truncatingIfNeeded: newline)
        case .wordBoundary, .noWordBoundary:
            let before = previous(text, place)?.isExpressionWord ?? false
            let after = place < range.upperBound && text.scalar(at: place).value.isExpressionWord
            return (before != after) == (anchor == .wordBoundary)
        }
    }

    private var bitCount: Int { branchCount * (range.count + 1) }

    private func bit(_ instruction: Int, _ place: Int) -> Int {
        (place - range.lowerBound) * branchCount + branches[instruction]
    }

    @inline(__always)
    private func hasFailed(_ instruction: Int, _ place: Int) -> Bool {
        guard !failed.isEmpty else { return false }
        let bit = bit(instruction, place)
        return failed[bit >> 6] >> UInt64(bit & 63) & 1 != 0
    }

    @inline(__always)
    private func hasSucceeded(_ instruction: Int, _ place: Int) -> Bool {
        guard !succeeded.isEmpty else { return false }
        let bit = bit(instruction, place)
        return succeeded[bit >> 6] >> UInt64(bit & 63) & 1 != 0
    }

    /// - Parameter choices: what the stack holds of a look-ahead that matched. The marks of spent branches among them
    ///   are the branches that the match went through.
    private mutating func markSucceeded(_ choices: ArraySlice<Choice>) {
        for choice in choices where choice.isSpent {
            if succeeded.isEmpty { succeeded = [UInt64](repeating: 0, count: bitCount / 64 + 1) }
            let bit = bit(choice.instruction, choice.place)
            succeeded[bit >> 6] |= 1 << UInt64(bit & 63)
        }
    }

    private mutating func markFailed(_ instruction: Int, _ place: Int) {
        if failed.isEmpty { failed = [UInt64](repeating: 0, count: bitCount / 64 + 1) }
        let bit = bit(instruction, place)
        failed[bit >> 6] |= 1 << UInt64(bit & 63)
    }
}
