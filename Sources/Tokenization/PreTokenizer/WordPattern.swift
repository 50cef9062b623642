/// The family of splitting rules that GPT-2 began, with its members' differences as fields.
///
/// In GPT-2's own notation, the alternatives being tried in this order:
///
///     's|'t|'re|'ve|'m|'ll|'d | ?\p{L}+ | ?\p{N}+ | ?[^\s\p{L}\p{N}]+ | \s+(?!\S) | \s+
///
/// Every text is matched from end to end. The scanner decides by looking at one or two scalars which alternative
/// applies and then runs over it, so it takes linear time where a backtracking engine may not.
struct WordPattern: Sendable {
    /// Which `'s`, `'re` and so on are pieces, or belong to the word before.
    enum Contractions: Sendable {
        case none
        case lowercase
        /// `(?i:...)`, which by Unicode's simple case folding includes U+017F, the long s.
        case anyCase
        /// The same, at the end of a word.
        case anyCaseEndingWords
    }

    /// What a word is made of.
    enum Letters: Sendable {
        /// `\p{L}+`
        case any
        /// `[\p{L}\p{M}]+`
        case anyAndMarks
        /// Capitals before small letters, see `WordPattern+Case`.
        case byCase
    }

    /// What may stand before letters and stay with them.
    enum LetterPrefix: Sendable {
        /// ` ?`
        case space
        /// `[^\r\n\p{L}\p{N}]?`
        case anyButNewline
    }

    /// How many numbers stay together.
    enum Numbers: Sendable {
        /// ` ?\p{N}+`
        case spaceThenRun
        /// `\p{N}{1,count}`
        case upTo(Int)
    }

    /// What a run of other characters takes along.
    enum OthersTail: Sendable {
        case none
        /// `[\r\n]*`
        case newlines
        /// `[\r\n/]*`
        case newlinesAndSlashes
    }

    var contractions: Contractions
    var letters = Letters.any
    var letterPrefix: LetterPrefix
    var numbers: Numbers
    var othersTail = OthersTail.none

    /// `\s*[\r\n]+` before the other two alternatives for whitespace.
    var newlinesEndWhitespace = false

    /// The end of the piece that begins at `start`.
    @inline(__always)
    func end(in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses) -> Int {
        let byte = text[start]
        let first = classes.read(text, at: start)
        if let end = endOfWord(in: text, from: start, first: first, limit: limit, classes) { return end }
        if first.class.contains(.number) {
            return endOfNumbers(in: text, from: start, limit: limit, classes)
        }
        if byte == UInt8(ascii: " "), first.next < limit {
            let second = classes.read(text, at: first.next)
            if second.class.contains(.number) {
                if case .spaceThenRun = numbers {
                    return classes.endOfRun(of: .number, in: text, from: second.next, limit: limit)
                }
            } else if second.class.isDisjoint(with: wordOrSpace) {
                return endOfOthers(in: text, from: second.next, limit: limit, classes)
            }
        }
        if first.class.contains(.whitespace) {
            return endOfWhitespace(in: text, from: start, limit: limit, classes)
        }
        return endOfOthers(in: text, from: first.next, limit: limit, classes)
    }

    /// The end of a contraction or of a word with what may stand before it; `nil` if neither begins here.
    @inline(__always)
    private func endOfWord(
        in text: borrowing Span<UInt8>, from start: Int, first: (class: ScalarClass, next: Int), limit: Int,
        _ classes: ScalarClasses
    ) -> Int? {
        if case .byCase = letters {
            return endOfCasedWord(in: text, from: start, first: first, limit: limit, classes)
        }
        if !first.class.isDisjoint(with: wordMembers) {
            return classes.endOfRun(of: wordMembers, in: text, from: first.next, limit: limit)
        }
        let byte = text[start]
        if byte == UInt8(ascii: "'"), contractions != .none,
            let end = endOfContraction(in: text, from: start, limit: limit)
        {
            return end
        }
        guard first.next < limit, canPrecedeLetters(byte, first.class) else { return nil }
        let second = classes.read(text, at: first.next)
        guard !second.class.isDisjoint(with: wordMembers) else { return nil }
        return classes.endOfRun(of: wordMembers, in: text, from: second.next, limit: limit)
    }

    private var wordMembers: ScalarClass {
        if case .anyAndMarks = letters { [.letter, .mark] } else { .letter }
    }

    /// What the runs of other characters exclude. Words split by case do not exclude marks there.
    private var wordOrSpace: ScalarClass {
        if case .anyAndMarks = letters { [.wordOrSpace, .mark] } else { .wordOrSpace }
    }

    /// Whether the scalar that begins with `byte` may lead letters.
    func canPrecedeLetters(_ byte: UInt8, _ scalar: ScalarClass) -> Bool {
        switch letterPrefix {
        case .space: byte == UInt8(ascii: " ")
        case .anyButNewline: !byte.isNewline && scalar.isDisjoint(with: [.letter, .number])
        }
    }

    private func endOfNumbers(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses
    ) -> Int {
        guard case .upTo(let count) = numbers else {
            return classes.endOfRun(of: .number, in: text, from: start, limit: limit)
        }
        var index = start
        for _ in 0..<count where index < limit {
            let scalar = classes.read(text, at: index)
            guard scalar.class.contains(.number) else { break }
            index = scalar.next
        }
        return index
    }

    private func endOfOthers(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses
    ) -> Int {
        var index = classes.endOfRun(without: wordOrSpace, in: text, from: start, limit: limit)
        switch othersTail {
        case .none: break
        case .newlines:
            while index < limit, text[index].isNewline { index += 1 }
        case .newlinesAndSlashes:
            while index < limit, text[index].isNewline || text[index] == UInt8(ascii: "/") { index += 1 }
        }
        return index
    }

    /// Whitespace keeps its last scalar for the word that follows, unless it ends the text or a newline ends it.
    private func endOfWhitespace(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses
    ) -> Int {
        var index = start
        var last = start
        var afterNewline: Int?
        while index < limit {
            let scalar = classes.read(text, at: index)
            guard scalar.class.contains(.whitespace) else { break }
            if text[index].isNewline { afterNewline = scalar.next }
            last = index
            index = scalar.next
        }
        if newlinesEndWhitespace, let afterNewline { return afterNewline }
        return index == limit || last == start ? index : last
    }
}

extension UInt8 {
    /// A carriage return or a line feed.
    @inline(__always)
    var isNewline: Bool { self == UInt8(ascii: "\r") || self == UInt8(ascii: "\n") }
}
