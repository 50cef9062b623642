/// What happens to text before it is cut: one step, or several in order.
indirect enum Normalizer: Sendable {
    case sequence([Normalizer])
    case unicode(UnicodeForm)
    case lowercase
    case stripAccents
    /// Whitespace at the beginning, at the end or at both goes away.
    case strip(start: Bool, end: Bool)
    case replace(Pattern, [UInt8])
    /// Put in front of a text that is not empty.
    case prepend([UInt8])
    case bert(BertNormalization)
    case precompiled(PrecompiledMap)
    /// SentencePiece's clean-up of control characters and spaces before translation.
    case translation
    /// Each byte becomes its character in GPT-2's printable alphabet.
    case byteLevel
    /// SentencePiece's `remove_extra_whitespaces`: no spaces at the ends, one at most between words.
    case collapseSpaces

    /// The result for the well-formed UTF-8 in `range`, or nil if that is the text itself.
    func apply(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        switch self {
        case .sequence(let steps):
            var current: [UInt8]?
            for step in steps {
                if let text = current {
                    current = step.apply(text.span, text.indices) ?? text
                } else {
                    current = step.apply(text, range)
                }
            }
            return current
        case .unicode(let form): return form.apply(text, range)
        case .lowercase: return ScalarMapping.lowercase.apply(text, range)
        case .stripAccents: return ScalarMapping.withoutMarks.apply(text, range)
        case .strip(let start, let end): return Self.strip(text, range, start: start, end: end)
        case .replace(let pattern, let replacement): return pattern.replacing(text, range, with: replacement)
        case .prepend(let prefix): return Self.prepend(prefix, text, range)
        case .bert(let rules): return rules.apply(text, range)
        case .precompiled(let map): return map.apply(text, range)
        case .translation: return ScalarMapping.translation.apply(text, range)
        case .byteLevel: return Self.byteLevel(text, range)
        case .collapseSpaces: return Self.collapseSpaces(text, range)
        }
    }

    private static func prepend(_ prefix: [UInt8], _ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        guard !range.isEmpty else { return nil }
        var output = prefix
        output.reserveCapacity(prefix.count + range.count)
        for index in range { output.append(text[index]) }
        return output
    }

    private static func strip(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, start: Bool, end: Bool
    ) -> [UInt8]? {
        let classes = ScalarClasses.shared
        var first = range.lowerBound
        if start {
            first = classes.endOfRun(of: .whitespace, in: text, from: first, limit: range.upperBound)
        }
        var last = range.upperBound
        while end, last > first {
            var previous = last - 1
            while text[previous] & 0xC0 == 0x80 { previous -= 1 }
            guard classes.read(text, at: previous).class.contains(.whitespace) else { break }
            last = previous
        }
        guard first > range.lowerBound || last < range.upperBound else { return nil }
        return (first..<last).map { text[$0] }
    }

    private static func byteLevel(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(range.count * 2)
        for index in range { ByteAlphabet.append(text[index], to: &output) }
        return output
    }

    private static func collapseSpaces(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        let space = UInt8(ascii: " ")
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        for index in range where text[index] != space || (output.last ?? space) != space { output.append(text[index]) }
        if output.last == space { output.removeLast() }
        return output
    }
}
