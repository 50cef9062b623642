/// The kinds of scalars at which simple rules cut.
enum ScalarKind: Sendable {
    case whitespace
    /// Unicode's punctuation and all of ASCII's signs.
    case bertPunctuation
    /// Numbers in any script.
    case number
    case scalar(UInt32)

    /// Each scalar of the kind in `piece`.
    func scalars(in text: borrowing Span<UInt8>, _ piece: Range<Int>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var index = piece.lowerBound
        while index < piece.upperBound {
            let scalar = text.scalar(at: index)
            if contains(scalar.value) { found.append(index..<scalar.next) }
            index = scalar.next
        }
        return found
    }

    private func contains(_ scalar: UInt32) -> Bool {
        let scalarClass = ScalarClasses.shared.classOf(scalar)
        switch self {
        case .whitespace: return scalarClass.contains(.whitespace)
        case .number: return scalarClass.contains(.number)
        case .scalar(let wanted): return scalar == wanted
        case .bertPunctuation:
            return scalarClass.contains(.punctuation) || scalar < 0x80 && scalarClass.contains(.symbol)
        }
    }

    /// Cuts by `\w+|[^\w\s]+`, whitespace going away.
    static func appendWordsAndSigns(
        _ text: borrowing Span<UInt8>, _ piece: Range<Int>, to parts: inout [Range<Int>]
    ) {
        var index = piece.lowerBound
        while index < piece.upperBound {
            let first = text.scalar(at: index)
            guard !ScalarClasses.shared.classOf(first.value).contains(.whitespace) else {
                index = first.next
                continue
            }
            let isWord = first.value.isWord
            var end = first.next
            while end < piece.upperBound {
                let scalar = text.scalar(at: end)
                guard scalar.value.isWord == isWord,
                    !ScalarClasses.shared.classOf(scalar.value).contains(.whitespace)
                else { break }
                end = scalar.next
            }
            parts.append(index..<end)
            index = end
        }
    }
}

extension UInt32 {
    /// `\w` of the reference's expressions (UTS 18): letters, marks, decimal digits, connectors, joiners, and whatever
    /// else is alphabetic.
    var isWord: Bool {
        let scalarClass = ScalarClasses.shared.classOf(self)
        if !scalarClass.isDisjoint(with: [.letter, .mark]) { return true }
        guard !scalarClass.isDisjoint(with: [.number, .punctuation, .symbol]),
            let properties = Unicode.Scalar(self)?.properties
        else { return self == 0x200C || self == 0x200D }
        return properties.isAlphabetic || properties.generalCategory == .decimalNumber
            || properties.generalCategory == .connectorPunctuation
    }
}
