/// The family of splitting rules that GPT-2 began, with its members' differences as fields.
///
/// In GPT-2's own notation, the alternatives being tried in this order:
///
///     's|'t|'re|'ve|'m|'ll|'d | ?\p{L}+ | ?\p{N}+ | ?[^\s\p{L}\p{N}]+ | \s+(?!\S) | \s+
///
/// Every text is matched from end to end. The scanner decides by looking at one or two scalars which alternative
/// applies and then runs over it once, so it takes linear time where a backtracking engine may not.
struct WordPattern: Sendable {
    /// Which `'s`, `'re` and so on are split off.
    enum Contractions: Sendable {
        case lowercase
        /// `(?i:...)`, which by Unicode's simple case folding includes U+017F, the long s.
        case anyCase
    }

    /// What may stand before letters and stay with them.
    enum LetterPrefix: Sendable {
        /// ` ?\p{L}+`
        case space
        /// `[^\r\n\p{L}\p{N}]?\p{L}+`
        case anyButNewline
    }

    /// How many numbers stay together.
    enum Numbers: Sendable {
        /// ` ?\p{N}+`
        case spaceThenRun
        /// `\p{N}{1,count}`
        case upTo(Int)
    }

    var contractions: Contractions
    var letterPrefix: LetterPrefix
    var numbers: Numbers

    /// `[\r\n]*` after a run of other characters, and `\s*[\r\n]+` before the other two whitespace alternatives.
    var newlinesEndRuns: Bool

    static let gpt2 = WordPattern(
        contractions: .lowercase, letterPrefix: .space, numbers: .spaceThenRun, newlinesEndRuns: false)
    static let llama3 = WordPattern(
        contractions: .anyCase, letterPrefix: .anyButNewline, numbers: .upTo(3), newlinesEndRuns: true)
    static let qwen2 = WordPattern(
        contractions: .anyCase, letterPrefix: .anyButNewline, numbers: .upTo(1), newlinesEndRuns: true)

    /// The end of the piece that begins at `start`.
    @inline(__always)
    func end(in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses) -> Int {
        let byte = text[start]
        let first = classes.read(text, at: start)
        if first.class.contains(.letter) {
            return classes.endOfRun(of: .letter, in: text, from: first.next, limit: limit)
        }
        if first.class.contains(.number) {
            return endOfNumbers(in: text, from: start, limit: limit, classes)
        }
        if byte == UInt8(ascii: "'"), let end = endOfContraction(in: text, from: start, limit: limit) {
            return end
        }
        if first.next < limit {
            let second = classes.read(text, at: first.next)
            if second.class.contains(.letter) {
                if canPrecedeLetters(byte) {
                    return classes.endOfRun(of: .letter, in: text, from: second.next, limit: limit)
                }
            } else if byte == UInt8(ascii: " ") {
                if second.class.contains(.number) {
                    if case .spaceThenRun = numbers {
                        return classes.endOfRun(of: .number, in: text, from: second.next, limit: limit)
                    }
                } else if !second.class.contains(.whitespace) {
                    return endOfOthers(in: text, from: second.next, limit: limit, classes)
                }
            }
        }
        if first.class.contains(.whitespace) {
            return endOfWhitespace(in: text, from: start, limit: limit, classes)
        }
        return endOfOthers(in: text, from: first.next, limit: limit, classes)
    }

    /// Whether the scalar that begins with `byte`, known to be neither letter nor number, may lead letters.
    private func canPrecedeLetters(_ byte: UInt8) -> Bool {
        switch letterPrefix {
        case .space: byte == UInt8(ascii: " ")
        case .anyButNewline: !byte.isNewline
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
        var index = classes.endOfRun(without: .wordOrSpace, in: text, from: start, limit: limit)
        if newlinesEndRuns {
            while index < limit, text[index].isNewline { index += 1 }
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
        if newlinesEndRuns, let afterNewline { return afterNewline }
        return index == limit || last == start ? index : last
    }
}

extension UInt8 {
    /// A carriage return or a line feed.
    @inline(__always)
    var isNewline: Bool { self == UInt8(ascii: "\r") || self == UInt8(ascii: "\n") }
}
