/// What BERT does to text before it looks for words (Devlin et al. 2018, `BasicTokenizer`).
struct BertNormalization: Sendable {
    /// Control characters go away, all whitespace becomes plain spaces.
    var cleansText = true
    /// Each Chinese character stands between spaces, because no others separate words there.
    var separatesChinese = true
    var stripsAccents = true
    var lowercases = true

    /// The result for the well-formed UTF-8 in `range`.
    func apply(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var cleaned: [UInt8] = []
        cleaned.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let scalar = text.scalar(at: index)
            index = scalar.next
            if cleansText, Self.isControl(scalar.value) { continue }
            if separatesChinese, Self.isChinese(scalar.value) {
                cleaned.append(UInt8(ascii: " "))
                cleaned.append(scalar: scalar.value)
                cleaned.append(UInt8(ascii: " "))
            } else if cleansText, Self.isSpace(scalar.value) {
                cleaned.append(UInt8(ascii: " "))
            } else {
                cleaned.append(scalar: scalar.value)
            }
        }
        if stripsAccents { cleaned = CanonicalComposition().decomposed(cleaned.span) { $0.isNonspacingMark } }
        return lowercases ? ScalarMapping.lowercase.apply(cleaned.span, cleaned.indices) ?? cleaned : cleaned
    }

    private static func isSpace(_ scalar: UInt32) -> Bool {
        ScalarClasses.shared.classOf(scalar).contains(.whitespace)
    }

    /// Also U+0000 and U+FFFD, which stand for text that is broken.
    private static func isControl(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09, 0x0A, 0x0D: return false
        case 0x00...0x1F, 0x7F...0x9F, 0xFFFD, 0xE000...0xF8FF, 0xF0000...0x10FFFF: return true
        case 0x20...0x7E: return false
        default: return Unicode.Scalar(scalar)?.properties.generalCategory == .format
        }
    }

    private static func isChinese(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}

extension UInt32 {
    /// Whether the scalar is a mark that takes no space of its own (`Mn`).
    var isNonspacingMark: Bool {
        guard self >= 0x300, ScalarClasses.shared.classOf(self).contains(.mark) else { return false }
        return Unicode.Scalar(self)?.properties.generalCategory == .nonspacingMark
    }
}
