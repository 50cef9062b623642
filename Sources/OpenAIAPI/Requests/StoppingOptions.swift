import JSON

/// The most tokens that a reply may have.
public struct TokenLimit: Hashable, Sendable {
    public var count: Int
    /// The field that says so; nil for a default.
    public var param: String?

    public init(_ count: Int, param: String? = nil) {
        self.count = count
        self.param = param
    }

    /// What a field says; nil if it says nothing and has no default.
    init?(_ arguments: Arguments, _ name: String) {
        guard let count = arguments.optionalInteger(name) else { return nil }
        self.count = count
        param = arguments.isGiven(name) ? name : nil
    }
}

/// When a reply ends, as the request asks for it.
public struct StoppingOptions: Hashable, Sendable {
    /// Nil means as many tokens as the context has room for.
    public var limit: TokenLimit?
    /// Tokens to generate before any end is heeded; never more than the limit.
    public var minTokens: Int
    /// At most 4 texts of 1...256 bytes.
    public var stopTexts: [String]
    public var stopTokenIDs: [Int]
    public var ignoresEndOfText: Bool
    /// Seconds from arrival after which the request is given up.
    public var timeout: Double?

    public var maxTokens: Int? { limit?.count }

    init(_ arguments: Arguments, limit: TokenLimit?) throws(APIError) {
        self.limit = limit
        minTokens = arguments.integer("min_tokens")
        if let maxTokens = limit?.count, minTokens > maxTokens {
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
