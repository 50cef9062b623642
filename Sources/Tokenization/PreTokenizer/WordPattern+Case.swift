/// Words that are cut where small letters meet capitals: GPT-4o's and Tekken's. With `U` for
/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, `W` for `[\p{Ll}\p{Lm}\p{Lo}\p{M}]` and `P` for `[^\r\n\p{L}\p{N}]`, the
/// alternatives are
///
///     P?U*W+ | P?U+W*
///
/// What is in both, such as Chinese characters and combining marks, makes a backtracking engine try many borders.
/// Which one it settles on can be told from the last such scalar in the run of `U`.
extension WordPattern {
    /// The end of a word with what may stand before and after it; `nil` if none begins here.
    func endOfCasedWord(
        in text: borrowing Span<UInt8>, from start: Int, first: (class: ScalarClass, next: Int), limit: Int,
        _ classes: ScalarClasses
    ) -> Int? {
        // A mark may stand before letters and in a word; as the expression has it, the former is tried first.
        let prefixed = canPrecedeLetters(text[start], first.class) && first.next < limit
        let isWord = !first.class.isDisjoint(with: [.letter, .mark])
        guard prefixed || isWord else { return nil }
        var end: Int?
        if prefixed { end = endOfSmall(in: text, from: first.next, limit: limit, classes) }
        if end == nil, isWord { end = endOfSmall(in: text, from: start, limit: limit, classes) }
        if end == nil, prefixed { end = endOfCapitals(in: text, from: first.next, limit: limit, classes) }
        if end == nil, isWord { end = endOfCapitals(in: text, from: start, limit: limit, classes) }
        guard let end, contractions == .anyCaseEndingWords, end < limit, text[end] == UInt8(ascii: "'") else {
            return end
        }
        return endOfContraction(in: text, from: end, limit: limit) ?? end
    }

    /// `U*W+`
    private func endOfSmall(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses
    ) -> Int? {
        var index = start
        var afterLastShared: Int?
        while index < limit {
            let scalar = classes.read(text, at: index)
            guard scalar.class.isCapitalOrShared else { break }
            index = scalar.next
            if scalar.class.isSmallOrShared { afterLastShared = index }
        }
        let capitals = index
        while index < limit {
            let scalar = classes.read(text, at: index)
            guard scalar.class.isSmallOrShared else { break }
            index = scalar.next
        }
        // Without a small letter, `W+` gets the last shared scalar, and capitals after that one are left over.
        return index > capitals ? index : afterLastShared
    }

    /// `U+W*` where `U*W+` does not match: no small letter follows.
    private func endOfCapitals(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses
    ) -> Int? {
        var index = start
        while index < limit {
            let scalar = classes.read(text, at: index)
            guard scalar.class.isCapitalOrShared else { break }
            index = scalar.next
        }
        return index > start ? index : nil
    }
}

extension ScalarClass {
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
    fileprivate var isCapitalOrShared: Bool { !isDisjoint(with: [.letter, .mark]) && !contains(.lower) }

    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
    fileprivate var isSmallOrShared: Bool { !isDisjoint(with: [.letter, .mark]) && !contains(.upper) }
}
