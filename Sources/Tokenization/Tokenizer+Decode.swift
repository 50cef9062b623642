extension Tokenizer {
    /// The bytes a token stands for within a text; often not whole characters.
    ///
    /// Empty for control tokens unless `includingSpecial`, and for ids beyond the vocabulary: a model whose embedding
    /// matrix is padded can produce those.
    public func bytes(of token: TokenID, includingSpecial: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        var state = parts.decoder.state(continues: true)
        appendBytes(of: token, includingSpecial: includingSpecial, &state, to: &bytes)
        return bytes
    }

    /// The text of a sequence of tokens. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// - Parameter skipSpecial: whether control tokens are left out.
    public func decode(_ tokens: some Sequence<TokenID>, skipSpecial: Bool) -> String {
        var bytes: [UInt8] = []
        var state = parts.decoder.state(continues: false)
        for token in tokens { appendBytes(of: token, includingSpecial: !skipSpecial, &state, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A token alone as text, control tokens spelled out: for log probabilities and listings.
    public func piece(of token: TokenID) -> String {
        String(decoding: bytes(of: token, includingSpecial: true), as: UTF8.self)
    }

    /// Whether a token is structure instead of text.
    public func isControl(_ token: TokenID) -> Bool {
        contains(token) && parts.kinds[Int(token.rawValue)].isSpecial
    }

    /// Whether a token belongs to the vocabulary.
    public func contains(_ token: TokenID) -> Bool {
        parts.kinds.indices.contains(Int(token.rawValue))
    }

    /// The token that stands for just this text, control and user-defined tokens before others.
    public func token(for text: String) -> TokenID? {
        if let token = parts.addedTokens.token(text.utf8) { return TokenID(rawValue: token) }
        let bytes = Array(text.utf8)
        if case .bytePair(let encoder) = parts.model, encoder.hasWholes { return encoder.token(for: bytes) }
        return parts.index.find(bytes.span, bytes.indices, parts.contents).map {
            TokenID(rawValue: Int32(truncatingIfNeeded: $0))
        }
    }

    func appendBytes(
        of token: TokenID, includingSpecial: Bool, _ state: inout TokenDecoder.State, to bytes: inout [UInt8]
    ) {
        guard contains(token), includingSpecial || !isControl(token) else { return }
        parts.decoder.append(parts.contents.bytes(of: Int(token.rawValue)), &state, to: &bytes)
    }
}
