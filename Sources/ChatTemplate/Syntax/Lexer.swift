/// Splits a template into tokens, as Jinja does with `trim_blocks` and `lstrip_blocks` on and
/// `keep_trailing_newline` off.
///
/// A sign next to a tag's delimiter rules over the defaults: `-` strips all white space on its side, `+` keeps it.
struct Lexer {
    let source: [UInt8]
    var position = 0
    var line = 1
    var tokens: [Token] = []
    /// Closing brackets that are owed; a tag cannot end inside brackets.
    var brackets: [UInt8] = []
    /// Whether what came before ended with a newline, so that indentation before a tag may be stripped.
    private var isLineStart = true

    static func tokens(of source: String) throws(TemplateError) -> [Token] {
        var lexer = Lexer(source: normalized(source))
        try lexer.readTemplate()
        lexer.emit(.end)
        return lexer.tokens
    }

    private init(source: [UInt8]) {
        self.source = source
    }

    /// Turns every line ending into `\n` and drops the last one.
    private static func normalized(_ source: String) -> [UInt8] {
        var bytes = normalizingLineEndings(source.utf8)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return bytes
    }

    static func normalizingLineEndings(_ text: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var afterReturn = false
        for byte in text {
            if byte == UInt8(ascii: "\r") {
                result.append(UInt8(ascii: "\n"))
            } else if !(afterReturn && byte == UInt8(ascii: "\n")) {
                result.append(byte)
            }
            afterReturn = byte == UInt8(ascii: "\r")
        }
        return result
    }

    func failure(_ message: String) -> TemplateError {
        TemplateError(.syntax, message, line: line)
    }

    mutating func emit(_ kind: Token.Kind) {
        tokens.append(Token(kind: kind, line: line))
    }

    // MARK: Text between tags

    private mutating func readTemplate() throws(TemplateError) {
        while position < source.count {
            guard let tag = nextTag() else {
                emitData(position..<source.count)
                advance(to: source.count)
                return
            }
            let isRaw = source[tag + 1] == UInt8(ascii: "%") ? rawBlockStart(at: tag) : nil
            let sign = isRaw?.sign ?? self.sign(at: tag + 2)
            emitData(stripping(position..<tag, before: sign, isVariable: source[tag + 1] == UInt8(ascii: "{")))
            if let isRaw {
                advance(to: isRaw.end)
                try readRaw()
                continue
            }
            advance(to: tag + (sign == nil ? 2 : 3))
            switch source[tag + 1] {
            case UInt8(ascii: "#"): try skipComment()
            case UInt8(ascii: "{"): try readTag(isBlock: false)
            default: try readTag(isBlock: true)
            }
        }
    }

    private func nextTag() -> Int? {
        var index = position
        while index + 1 < source.count {
            if source[index] == UInt8(ascii: "{") {
                let next = source[index + 1]
                if next == UInt8(ascii: "%") || next == UInt8(ascii: "{") || next == UInt8(ascii: "#") { return index }
            }
            index += 1
        }
        return nil
    }

    private func sign(at index: Int) -> UInt8? {
        guard index < source.count else { return nil }
        return source[index] == UInt8(ascii: "-") || source[index] == UInt8(ascii: "+") ? source[index] : nil
    }

    /// Cuts the white space that the tag after `range` eats.
    private func stripping(_ range: Range<Int>, before sign: UInt8?, isVariable: Bool) -> Range<Int> {
        if sign == UInt8(ascii: "-") {
            var end = range.upperBound
            while let length = spaceLength(before: end, from: range.lowerBound) { end -= length }
            return range.lowerBound..<end
        }
        guard sign == nil, !isVariable else { return range }
        let newline = source[range].lastIndex(of: UInt8(ascii: "\n"))
        guard newline != nil || isLineStart else { return range }
        let lineStart = newline.map { $0 + 1 } ?? range.lowerBound
        var end = range.upperBound
        while let length = spaceLength(before: end, from: lineStart) { end -= length }
        return end == lineStart ? range.lowerBound..<lineStart : range
    }

    private func spaceLength(before end: Int, from start: Int) -> Int? {
        guard end > start else { return nil }
        var first = end - 1
        while first > start, source[first] & 0xC0 == 0x80 { first -= 1 }
        return spaceLength(at: first)
    }

    /// The length of the white-space scalar at an offset, or nil when there is none.
    func spaceLength(at index: Int) -> Int? {
        guard index < source.count else { return nil }
        let byte = source[index]
        if byte < 0x80 { return Unicode.Scalar(byte).isPythonSpace ? 1 : nil }
        let end = min(index + (byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4), source.count)
        let scalar = String(decoding: source[index..<end], as: UTF8.self).unicodeScalars.first
        return scalar?.isPythonSpace == true ? end - index : nil
    }

    private mutating func emitData(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        emit(.data(String(decoding: source[range], as: UTF8.self)))
    }

    /// Moves on, keeping count of lines and of whether one has just ended.
    mutating func advance(to end: Int) {
        guard end > position else { return }
        for byte in source[position..<end] where byte == UInt8(ascii: "\n") { line += 1 }
        isLineStart = source[end - 1] == UInt8(ascii: "\n")
        position = end
    }

    func matches(_ text: StaticString, at index: Int) -> Bool {
        guard index + text.utf8CodeUnitCount <= source.count else { return false }
        for offset in 0..<text.utf8CodeUnitCount where source[index + offset] != text.utf8Start[offset] { return false }
        return true
    }

    func skippingSpace(from index: Int) -> Int {
        var index = index
        while let length = spaceLength(at: index) { index += length }
        return index
    }
}

// MARK: - Comments and raw blocks

extension Lexer {
    private mutating func skipComment() throws(TemplateError) {
        var index = position
        while index < source.count, !matches("#}", at: index) { index += 1 }
        guard index < source.count else { throw failure("missing end of comment tag") }
        let sign = index > position ? source[index - 1] : nil
        advance(to: endOfTag(at: index + 2, sign: sign))
    }

    /// Where text goes on after a tag's closing delimiter: `-` eats white space, nothing eats one newline.
    func endOfTag(at index: Int, sign: UInt8?) -> Int {
        switch sign {
        case UInt8(ascii: "-"): return skippingSpace(from: index)
        case UInt8(ascii: "+"): return index
        default: return index < source.count && source[index] == UInt8(ascii: "\n") ? index + 1 : index
        }
    }

    /// Recognises `{% raw %}`; the newline after it stays, which is what Jinja does.
    private func rawBlockStart(at tag: Int) -> (sign: UInt8?, end: Int)? {
        let sign = self.sign(at: tag + 2)
        var index = skippingSpace(from: tag + (sign == nil ? 2 : 3))
        guard matches("raw", at: index) else { return nil }
        index = skippingSpace(from: index + 3)
        if matches("-%}", at: index) { return (sign, skippingSpace(from: index + 3)) }
        return matches("%}", at: index) ? (sign, index + 2) : nil
    }

    private mutating func readRaw() throws(TemplateError) {
        var index = position
        while index < source.count {
            if matches("{%", at: index), let end = rawBlockEnd(at: index) {
                emitData(stripping(position..<index, before: sign(at: index + 2), isVariable: false))
                advance(to: end)
                return
            }
            index += 1
        }
        throw failure("missing end of raw directive")
    }

    private func rawBlockEnd(at tag: Int) -> Int? {
        let sign = self.sign(at: tag + 2)
        var index = skippingSpace(from: tag + (sign == nil ? 2 : 3))
        guard matches("endraw", at: index) else { return nil }
        index = skippingSpace(from: index + 6)
        if matches("-%}", at: index) { return endOfTag(at: index + 3, sign: UInt8(ascii: "-")) }
        if matches("+%}", at: index) { return index + 3 }
        return matches("%}", at: index) ? endOfTag(at: index + 2, sign: nil) : nil
    }
}
