extension TokenDecoder.Step {
    /// Applies the rule to one token's text.
    ///
    /// - Parameter endsWord: set if a space belongs behind the token, should anything follow.
    func apply(_ text: inout [UInt8], isFirst: Bool, endsWord: inout Bool) {
        switch self {
        case .replace(let pattern, let replacement):
            pattern.replace(in: &text, with: replacement)
        case .metaspace(let mark, let dropsInFirst):
            Pattern.literal(mark).replace(in: &text, with: isFirst && dropsInFirst ? [] : [UInt8(ascii: " ")])
        case .byteFallback:
            if let byte = ByteName.byte(text) { text = [byte] }
        case .byteLevel:
            let alphabet = text
            text.removeAll(keepingCapacity: true)
            ByteAlphabet.decode(alphabet.span, into: &text)
        case .wordPiece(let prefix, let cleansUp):
            if !isFirst {
                if text.starts(with: prefix) {
                    text.removeFirst(prefix.count)
                } else {
                    text.insert(UInt8(ascii: " "), at: 0)
                }
            }
            if cleansUp { Self.cleanUp(&text) }
        case .strip(let character, let start, let stop):
            Self.strip(&text, character, start, stop)
        case .spaceBefore:
            if !isFirst { text.insert(UInt8(ascii: " "), at: 0) }
        case .wordEnd(let mark):
            guard !mark.isEmpty, text.suffix(mark.count).elementsEqual(mark) else { return }
            text.removeLast(mark.count)
            endsWord = true
        }
    }

    /// The spellings that English tokenisation pulled apart, and what they were.
    private static let cleanUps: [([UInt8], [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.utf8), Array($1.utf8)) }

    private static func cleanUp(_ text: inout [UInt8]) {
        for (from, to) in cleanUps { Pattern.literal(from).replace(in: &text, with: to) }
    }

    private static func strip(_ text: inout [UInt8], _ character: [UInt8], _ start: Int, _ stop: Int) {
        guard !character.isEmpty else { return }
        var first = 0
        var count = 0
        while count < start, text[first...].starts(with: character) {
            first += character.count
            count += 1
        }
        var end = text.count
        count = 0
        while count < stop, end - first >= character.count,
            text[..<end].suffix(character.count).elementsEqual(character)
        {
            end -= character.count
            count += 1
        }
        text = Array(text[first..<end])
    }
}

/// The names of bytes among tokens: `<0x00>` to `<0xFF>`.
enum ByteName {
    /// The byte that a name stands for, nil for other text.
    static func byte(_ name: some Collection<UInt8>) -> UInt8? {
        guard name.count == 6, name.starts(with: "<0x".utf8) else { return nil }
        let digits = Array(name.dropFirst(3))
        guard digits[2] == UInt8(ascii: ">"), let high = digit(digits[0]), let low = digit(digits[1]) else {
            return nil
        }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
