/// Two texts as one input of an encoder model.
public struct EncodedPair: Hashable, Sendable {
    public var tokens: [TokenID]
    /// For each token the number of its segment, what BERT calls token type: 0 for the first text, mostly 1 for the
    /// second. Models without segments ignore it.
    public var segments: [Int]

    public init(tokens: [TokenID], segments: [Int]) {
        self.tokens = tokens
        self.segments = segments
    }
}

extension Tokenizer {
    /// The tokens of two texts with what belongs around and between them, for models that compare texts.
    ///
    /// Neither text may contain control tokens. If the result is longer than `limit`, tokens are dropped from the end of
    /// the longer text until it fits, as the reference implementations do ("longest first").
    ///
    /// - Parameter limit: the most tokens of the result; nil for no limit.
    public func encodePair(_ first: String, _ second: String, limit: Int? = nil) -> EncodedPair {
        var firstTokens = encode(first, addSpecial: false, parseSpecial: false)
        var secondTokens = encode(second, addSpecial: false, parseSpecial: false)
        if let limit {
            let added = template.pair.count - 2
            var surplus = max(0, firstTokens.count + secondTokens.count + added - max(limit, added))
            while surplus > 0 {
                if firstTokens.count > secondTokens.count {
                    firstTokens.removeLast()
                } else {
                    secondTokens.removeLast()
                }
                surplus -= 1
            }
        }
        var result = EncodedPair(tokens: [], segments: [])
        for part in template.pair {
            switch part {
            case .token(let token, let segment): result.append([token], segment)
            case .first(let segment): result.append(firstTokens, segment)
            case .second(let segment): result.append(secondTokens, segment)
            }
        }
        return result
    }
}

extension EncodedPair {
    fileprivate mutating func append(_ more: [TokenID], _ segment: Int) {
        tokens += more
        segments += repeatElement(segment, count: more.count)
    }
}
