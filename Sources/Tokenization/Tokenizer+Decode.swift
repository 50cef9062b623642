extension Tokenizer {
    /// The bytes a token stands for; often not whole characters.
    ///
    /// Empty for control tokens unless `includingSpecial`, and for ids beyond the vocabulary: a model whose embedding
    /// matrix is padded can produce those.
    public func bytes(of token: TokenID, includingSpecial: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        appendBytes(of: token, includingSpecial: includingSpecial, to: &bytes)
        return bytes
    }

    /// The text of a sequence of tokens. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// - Parameter skipSpecial: whether control tokens are left out.
    public func decode(_ tokens: some Sequence<TokenID>, skipSpecial: Bool) -> String {
        var bytes: [UInt8] = []
        for token in tokens { appendBytes(of: token, includingSpecial: !skipSpecial, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A token alone as text, control tokens spelled out: for log probabilities and listings.
    public func piece(of token: TokenID) -> String {
        String(decoding: bytes(of: token, includingSpecial: true), as: UTF8.self)
    }

    /// Whether a token is structure instead of text.
    public func isControl(_ token: TokenID) -> Bool {
        contains(token) && kinds[Int(token.rawValue)].isSpecial
    }

    /// Whether a token belongs to the vocabulary.
    public func contains(_ token: TokenID) -> Bool {
        kinds.indices.contains(Int(token.rawValue))
    }

    /// The token that stands for just this text, control and user-defined tokens before others.
    public func token(for text: String) -> TokenID? {
        if let token = specialTokens.token(text.utf8) { return TokenID(rawValue: token) }
        return encoder.token(for: Array(text.utf8))
    }

    func appendBytes(of token: TokenID, includingSpecial: Bool, to bytes: inout [UInt8]) {
        guard contains(token), includingSpecial || !isControl(token) else { return }
        bytes.append(contentsOf: encoder.contents.bytes(of: Int(token.rawValue)))
    }
}
