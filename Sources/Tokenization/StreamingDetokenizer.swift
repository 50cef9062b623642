/// Turns tokens into text one at a time, in whole UTF-8 characters only.
///
/// A token may end in the middle of a character; those bytes wait for the next token. The texts handed out, one after
/// the other, are what `Tokenizer.decode` makes of all the tokens at once.
public struct StreamingDetokenizer: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecial: Bool

    /// The beginning of a character, at most three bytes between calls.
    private var pending: [UInt8] = []
    private var state: TokenDecoder.State

    /// - Parameters:
    ///   - skipSpecial: whether control tokens are left out.
    ///   - continuesText: whether the tokens go on from earlier text, so that a space before the first word is kept where
    ///     a scheme drops it at the beginning of a text.
    public init(tokenizer: Tokenizer, skipSpecial: Bool, continuesText: Bool = false) {
        self.tokenizer = tokenizer
        self.skipSpecial = skipSpecial
        state = tokenizer.parts.decoder.state(continues: continuesText)
    }

    /// The text that this token completes, often empty. Bytes that no further byte can complete become U+FFFD.
    public mutating func append(_ token: TokenID) -> String {
        tokenizer.appendBytes(of: token, includingSpecial: !skipSpecial, &state, to: &pending)
        let complete = pending.count - UTF8Tail.length(of: pending)
        let text = String(decoding: pending[..<complete], as: UTF8.self)
        pending.removeFirst(complete)
        return text
    }

    /// The text left when no token follows: U+FFFD if the last character is incomplete, else nothing.
    public mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }
}

/// The unfinished character at the end of a byte string.
enum UTF8Tail {
    /// How many bytes at the end begin a character that further bytes could complete: 0 to 3.
    ///
    /// Follows table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences".
    static func length(of bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let start = bytes.count - length
            let lead = bytes[start]
            if lead & 0xC0 == 0x80 { continue }
            guard length < sequenceLength(lead) else { return 0 }
            return length == 1 || secondByteRange(lead).contains(bytes[start + 1]) ? length : 0
        }
        return 0
    }

    /// How many bytes a sequence with this first byte has; 1 also if none can begin with it.
    private static func sequenceLength(_ lead: UInt8) -> Int {
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    /// What may follow the first byte: overlong forms, surrogates and values beyond U+10FFFF are excluded here.
    private static func secondByteRange(_ lead: UInt8) -> ClosedRange<UInt8> {
        switch lead {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
    }
}
