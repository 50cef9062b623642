extension Tokenizer {
    /// The tokens of a text from one author.
    ///
    /// - Parameters:
    ///   - addSpecial: whether to add the `bos` and `eos` tokens that the vocabulary asks for.
    ///   - parseSpecial: whether control tokens spelled out in the text become those tokens. Only for text that is
    ///     trusted: it lets the author end turns and speak in other roles.
    public func encode(_ text: String, addSpecial: Bool, parseSpecial: Bool) -> [TokenID] {
        encode([TextFragment(text, parseSpecial: parseSpecial)], addSpecial: addSpecial)
    }

    /// The tokens of a text put together from fragments.
    ///
    /// The text is tokenised as a whole, pieces and merges running across the borders of fragments: the model sees
    /// what it saw in training. Only control tokens depend on fragments, each must lie within trusted text.
    public func encode(_ fragments: [TextFragment], addSpecial: Bool) -> [TokenID] {
        var text: [UInt8] = []
        text.reserveCapacity(fragments.reduce(0) { $0 + $1.text.utf8.count })
        var trusted: [Range<Int>] = []
        for fragment in fragments where !fragment.text.isEmpty {
            let start = text.count
            text.append(contentsOf: fragment.text.utf8)
            guard fragment.parseSpecial else { continue }
            if let last = trusted.last, last.upperBound == start {
                trusted[trusted.count - 1] = last.lowerBound..<text.count
            } else {
                trusted.append(start..<text.count)
            }
        }

        var output: [TokenID] = []
        // English has about four bytes to a token.
        output.reserveCapacity(text.count / 4 + 2)
        if addSpecial { output.append(contentsOf: template.prefix) }
        encode(text, trusted: trusted, into: &output)
        if addSpecial { output.append(contentsOf: template.suffix) }
        return output
    }

    /// Encodes what lies between the tokens that are recognised as a whole, and those.
    private func encode(_ text: [UInt8], trusted: [Range<Int>], into output: inout [TokenID]) {
        var workspace = BytePairEncoder.Workspace(length: text.count)
        var position = 0
        if !trusted.isEmpty || parts.addedTokens.hasUserDefined {
            var nextTrusted = 0
            while let match = parts.addedTokens.firstMatch(
                in: text.span, from: position, trusted: trusted, nextTrusted: &nextTrusted)
            {
                encodeOrdinary(text, position..<match.range.lowerBound, into: &output, &workspace)
                output.append(TokenID(rawValue: match.token))
                position = match.range.upperBound
            }
        }
        encodeOrdinary(text, position..<text.count, into: &output, &workspace)
    }

    /// Encodes text in which no token is looked for as it stands there.
    private func encodeOrdinary(
        _ text: [UInt8], _ range: Range<Int>, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        guard !range.isEmpty else { return }
        let isBeginning = range.lowerBound == 0
        if let normalized = parts.normalizer?.apply(text.span, range) {
            encodeNormalized(normalized.span, normalized.indices, isBeginning, into: &output, &workspace)
        } else {
            encodeNormalized(text.span, range, isBeginning, into: &output, &workspace)
        }
    }

    /// Encodes normalised text, which may contain tokens that are looked for after normalisation.
    private func encodeNormalized(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, _ isBeginning: Bool, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        guard !parts.normalizedAddedTokens.isEmpty else {
            return encodePieces(text, range, isBeginning, into: &output, &workspace)
        }
        let text = text.extracting(range)
        var position = 0
        var nextTrusted = 0
        while let match = parts.normalizedAddedTokens.firstMatch(
            in: text, from: position, trusted: [], nextTrusted: &nextTrusted)
        {
            let gap = position..<match.range.lowerBound
            encodePieces(text, gap, isBeginning && position == 0, into: &output, &workspace)
            output.append(TokenID(rawValue: match.token))
            position = match.range.upperBound
        }
        encodePieces(text, position..<text.count, isBeginning && position == 0, into: &output, &workspace)
    }

    private func encodePieces(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, _ isBeginning: Bool, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        guard !range.isEmpty else { return }
        switch parts.model {
        case .bytePair(let encoder): encodePieces(text, range, isBeginning, encoder, into: &output, &workspace)
        case .scoredPairs(let encoder): encodePieces(text, range, isBeginning, encoder, into: &output, &workspace)
        case .unigram(let encoder): encodePieces(text, range, isBeginning, encoder, into: &output, &workspace)
        case .wordPiece(let encoder): encodePieces(text, range, isBeginning, encoder, into: &output, &workspace)
        case .wordLevel(let encoder): encodePieces(text, range, isBeginning, encoder, into: &output, &workspace)
        }
    }

    @inline(__always)
    private func encodePieces(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, _ isBeginning: Bool, _ encoder: some PieceEncoder,
        into output: inout [TokenID], _ workspace: inout BytePairEncoder.Workspace
    ) {
        switch parts.preTokenization {
        case .scan(let scanner):
            var cursor = scanner.cursor(over: range)
            while let piece = scanner.next(&cursor, in: text) {
                encoder.encode(text, piece, into: &output, &workspace)
            }
        case .steps(let steps) where steps.isEmpty:
            encoder.encode(text, range, into: &output, &workspace)
        case .steps(let steps):
            var list = PieceList(text: range.map { text[$0] }, pieces: [0..<range.count], isBeginning: isBeginning)
            for step in steps { step.apply(to: &list) }
            for piece in list.pieces where !piece.isEmpty {
                encoder.encode(list.text.span, piece, into: &output, &workspace)
            }
        }
    }
}
