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
        if addSpecial, addsBOS, let bosToken { output.append(bosToken) }
        encode(text, trusted: trusted, into: &output)
        if addSpecial, addsEOS, let eosToken { output.append(eosToken) }
        return output
    }

    /// Encodes what lies between the tokens that are recognised as a whole, and those.
    private func encode(_ text: [UInt8], trusted: [Range<Int>], into output: inout [TokenID]) {
        var workspace = BytePairEncoder.Workspace()
        var position = 0
        if !trusted.isEmpty || specialTokens.hasUserDefined {
            var nextTrusted = 0
            while let match = specialTokens.firstMatch(
                in: text.span, from: position, trusted: trusted, nextTrusted: &nextTrusted)
            {
                encodeOrdinary(text, position..<match.range.lowerBound, into: &output, &workspace)
                output.append(TokenID(rawValue: match.token))
                position = match.range.upperBound
            }
        }
        encodeOrdinary(text, position..<text.count, into: &output, &workspace)
    }

    /// Encodes text without regard to control or user-defined tokens.
    private func encodeOrdinary(
        _ text: [UInt8], _ range: Range<Int>, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        guard !range.isEmpty else { return }
        if let composed = composition?.compose(text.span, range) {
            encodePieces(composed.span, composed.indices, into: &output, &workspace)
        } else {
            encodePieces(text.span, range, into: &output, &workspace)
        }
    }

    private func encodePieces(
        _ text: borrowing Span<UInt8>, _ range: Range<Int>, into output: inout [TokenID],
        _ workspace: inout BytePairEncoder.Workspace
    ) {
        var cursor = preTokenizer.cursor(over: range)
        while let piece = preTokenizer.next(&cursor, in: text) {
            encoder.encode(text, piece, into: &output, &workspace)
        }
    }
}
