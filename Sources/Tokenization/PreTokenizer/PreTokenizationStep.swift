/// One step on the way from a text to its pieces.
enum PreTokenizationStep: Sendable {
    /// Cuts by a scanner; all of the text stays.
    case scan(PreTokenizer)
    /// Cuts at what a pattern matches, or at what it does not match if `inverts`.
    case split(Pattern, DelimiterBehavior, inverts: Bool)
    /// Cuts at scalars of a kind.
    case splitScalars(ScalarKind, DelimiterBehavior)
    /// Spaces become a mark, one may be put in front, and each mark begins a piece if `splits`.
    case metaspace(Metaspace)
    /// A space in front of each piece that does not begin with one.
    case prefixSpace
    /// Each byte becomes its character in GPT-2's printable alphabet.
    case byteAlphabet
    /// BERT's words: whitespace goes away, punctuation stands alone.
    case bert
    /// Words and runs of other signs: `\w+|[^\w\s]+`.
    case wordsAndSigns
    /// A new piece where the script changes.
    case scripts
    /// Pieces of so many scalars.
    case fixedLength(Int)

    struct Metaspace: Sendable {
        enum Prepends: String, Sendable { case first, never, always }
        var mark: [UInt8]
        var prepends: Prepends
        var splits: Bool
    }

    func apply(to list: inout PieceList) {
        switch self {
        case .scan(let scanner):
            list.cut { text, piece, parts in
                var cursor = scanner.cursor(over: piece)
                while let part = scanner.next(&cursor, in: text) { parts.append(part) }
            }
        case .split(let pattern, let behavior, let inverts):
            list.cut { Self.split($0, $1, pattern, behavior, inverts, to: &$2) }
        case .splitScalars(let kind, let behavior):
            list.cut { text, piece, parts in behavior.append(kind.scalars(in: text, piece), of: piece, to: &parts) }
        case .metaspace(let rules): rules.apply(to: &list)
        case .prefixSpace:
            list.rewrite { text, piece, _, output in
                if text[piece.lowerBound] != UInt8(ascii: " ") { output.append(UInt8(ascii: " ")) }
                for index in piece { output.append(text[index]) }
            }
        case .byteAlphabet:
            list.rewrite { text, piece, _, output in
                for index in piece { ByteAlphabet.append(text[index], to: &output) }
            }
        case .bert:
            Self.splitScalars(.whitespace, .removed).apply(to: &list)
            Self.splitScalars(.bertPunctuation, .isolated).apply(to: &list)
        case .wordsAndSigns: list.cut { ScalarKind.appendWordsAndSigns($0, $1, to: &$2) }
        case .scripts: list.cut { Script.appendRuns($0, $1, to: &$2) }
        case .fixedLength(let length): list.cut { Self.cut($0, $1, every: length, to: &$2) }
        }
    }

    private static func split(
        _ text: borrowing Span<UInt8>, _ piece: Range<Int>, _ pattern: Pattern, _ behavior: DelimiterBehavior,
        _ inverts: Bool, to parts: inout [Range<Int>]
    ) {
        var matches: [Range<Int>] = []
        pattern.forEachMatch(in: text, piece) { matches.append($0) }
        behavior.append(matches, of: piece, inverts: inverts, to: &parts)
    }

    private static func cut(
        _ text: borrowing Span<UInt8>, _ piece: Range<Int>, every length: Int, to parts: inout [Range<Int>]
    ) {
        var start = piece.lowerBound
        while start < piece.upperBound {
            var end = start
            var count = 0
            while count < length, end < piece.upperBound {
                end = text.scalar(at: end).next
                count += 1
            }
            parts.append(start..<end)
            start = end
        }
    }
}

extension PreTokenizationStep.Metaspace {
    func apply(to list: inout PieceList) {
        list.rewrite { text, piece, isBeginning, output in
            let start = output.count
            for index in piece {
                if text[index] == UInt8(ascii: " ") {
                    output.append(contentsOf: mark)
                } else {
                    output.append(text[index])
                }
            }
            let wantsMark = prepends == .always || prepends == .first && isBeginning
            if wantsMark, !output[start...].starts(with: mark) { output.insert(contentsOf: mark, at: start) }
        }
        guard splits else { return }
        PreTokenizationStep.split(.literal(mark), .mergedWithNext, inverts: false).apply(to: &list)
    }
}
