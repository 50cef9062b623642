extension WordPattern {
    /// The end of an English contraction whose apostrophe stands at `start`, if there is one.
    func endOfContraction(in text: borrowing Span<UInt8>, from start: Int, limit: Int) -> Int? {
        guard start + 1 < limit else { return nil }
        switch letter(text[start + 1]) {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return followed(by: UInt8(ascii: "e"), in: text, at: start + 2, limit: limit)
        case UInt8(ascii: "l"):
            return followed(by: UInt8(ascii: "l"), in: text, at: start + 2, limit: limit)
        case 0xC5 where contractions != .lowercase && text[start + 2] == 0xBF:
            // U+017F, the long s: the only scalar beyond ASCII that folds to one of these letters.
            return start + 3
        default:
            return nil
        }
    }

    private func followed(by wanted: UInt8, in text: borrowing Span<UInt8>, at index: Int, limit: Int) -> Int? {
        index < limit && letter(text[index]) == wanted ? index + 1 : nil
    }

    /// The byte in lower case where case does not matter. Bytes that are no letters may change, but not into letters.
    private func letter(_ byte: UInt8) -> UInt8 {
        contractions != .lowercase && byte < 0x80 ? byte | 0x20 : byte
    }
}
