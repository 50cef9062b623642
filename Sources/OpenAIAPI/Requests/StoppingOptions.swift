import JSON

/// When a reply ends, as the request asks for it.
public struct StoppingOptions: Hashable, Sendable {
    /// The most tokens a reply may have; nil means as many as the context has room for.
    public var maxTokens: Int?
    /// Tokens to generate before any end is heeded; never more than `maxTokens`.
    public var minTokens: Int
    /// At most 4 texts of 1...256 bytes.
    public var stopTexts: [String]
    public var stopTokenIDs: [Int]
    public var ignoresEndOfText: Bool
    /// Seconds from arrival after which the request is given up.
    public var timeout: Double?

    init(_ arguments: Arguments, maxTokens: Int?) throws(APIError) {
        self.maxTokens = maxTokens
        minTokens = arguments.integer("min_tokens")
        if let maxTokens, minTokens > maxTokens {
            throw .invalidValue(
                param: "min_tokens",
                "Invalid 'min_tokens': \(minTokens) is more than the limit of \(maxTokens) tokens for the reply.")
        }
        switch arguments["stop"] {
        case .string(let text): stopTexts = [text]
        case .array(let texts): stopTexts = texts.compactMap(\.stringValue)
        default: stopTexts = []
        }
        stopTokenIDs = arguments.integers("stop_token_ids")
        ignoresEndOfText = arguments.boolean("ignore_eos")
        timeout = arguments.optionalNumber("timeout")
    }
}
