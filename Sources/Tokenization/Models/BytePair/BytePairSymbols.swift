/// What a piece consists of before anything merges.
enum BytePairSymbols: Sendable {
    /// The token of each byte, -1 where the vocabulary has none; such bytes vanish, as in the reference.
    case bytes([Int32])
    case characters(Characters)

    /// One token for each character, looked up by its spelling.
    struct Characters: Sendable {
        var contents: TokenContents
        var index: ContentIndex
        /// Stands before every character of a piece but the first, in the vocabulary's spelling.
        var prefix: [UInt8] = []
        /// Stands behind the last one.
        var suffix: [UInt8] = []
        var fallback: ByteFallback
        /// Whether neighbouring unknown characters are one unknown token.
        var fusesUnknown = false
    }

    @inline(__always)
    func append(_ text: borrowing Span<UInt8>, _ range: Range<Int>, to tokens: inout [Int32]) {
        switch self {
        case .bytes(let byteTokens):
            for index in range {
                let token = byteTokens[Int(text[index])]
                if token >= 0 { tokens.append(token) }
            }
        case .characters(let characters): characters.append(text, range, to: &tokens)
        }
    }
}

extension BytePairSymbols.Characters {
    func append(_ text: borrowing Span<UInt8>, _ range: Range<Int>, to tokens: inout [Int32]) {
        var unknowns = 0
        var index = range.lowerBound
        while index < range.upperBound {
            let next = text.scalar(at: index).next
            if let token = token(text, index..<next, in: range) {
                flush(&unknowns, to: &tokens)
                tokens.append(token)
            } else if !fallback.appendBytes(text, index..<next, to: &tokens) {
                unknowns += 1
            }
            index = next
        }
        flush(&unknowns, to: &tokens)
    }

    /// Where pieces can be cut, nil if a character's spelling depends on its place or merges speak of bytes.
    ///
    /// - Parameter parts: the left and the right part of each merge, one after the other.
    func seams(of parts: TokenContents) -> SeamTable? {
        guard prefix.isEmpty, suffix.isEmpty else { return nil }
        let unknowns: SeamTable.Unknowns =
            fallback.isComplete ? .apart : fallback.unknown == nil ? .dropped : fusesUnknown ? .fused : .apart
        var seams = SeamTable(unknowns: unknowns)
        for rank in 0..<parts.count / 2 {
            let (left, right) = (parts.bytes(of: rank * 2), parts.bytes(of: rank * 2 + 1))
            if !fallback.isEmpty, ByteName.byte(left) != nil || ByteName.byte(right) != nil { return nil }
            seams.insertBorder(left.span, right.span)
        }
        guard unknowns != .apart else { return seams }
        for token in 0..<contents.count where contents.length(of: token) > 0 {
            let spelling = contents.bytes(of: token)
            let first = spelling.span.scalar(at: 0)
            guard first.next == spelling.count, index.find(spelling.span, 0..<first.next, contents) != nil else {
                continue
            }
            seams.insertKnown(first.value)
        }
        return seams
    }

    private func flush(_ unknowns: inout Int, to tokens: inout [Int32]) {
        guard unknowns > 0 else { return }
        if let unknown = fallback.unknown {
            tokens.append(contentsOf: repeatElement(unknown, count: fusesUnknown ? 1 : unknowns))
        }
        unknowns = 0
    }

    private func token(_ text: borrowing Span<UInt8>, _ character: Range<Int>, in range: Range<Int>) -> Int32? {
        let isFirst = character.lowerBound == range.lowerBound
        let isLast = character.upperBound == range.upperBound
        guard !isFirst && !prefix.isEmpty || isLast && !suffix.isEmpty else {
            return index.find(text, character, contents).map { Int32(truncatingIfNeeded: $0) }
        }
        var spelling = isFirst ? [] : prefix
        for index in character { spelling.append(text[index]) }
        if isLast { spelling += suffix }
        return index.find(spelling.span, spelling.indices, contents).map { Int32(truncatingIfNeeded: $0) }
    }
}
