import JSON

/// What becomes of a text that is longer than a model, or the request, allows.
public enum Truncation: Hashable, Sendable {
    /// It is refused.
    case never
    /// Its end is cut off where the model's limit is.
    case toModelLimit
    /// Its end is cut off at this many tokens, or the model's limit if that is less.
    case toTokens(Int)
}

/// What requests that compute something of texts, and generate none, have in common.
public struct TextTaskOptions: Hashable, Sendable {
    public var truncation: Truncation
    public var tier: ServiceOptions.Tier
    /// Seconds.
    public var timeout: Double?

    init(_ arguments: Arguments) throws(APIError) {
        tier = arguments["service_tier"]?.stringValue.flatMap(ServiceOptions.Tier.init) ?? .standard
        timeout = arguments.optionalNumber("timeout")
        switch arguments.optionalInteger("truncate_prompt_tokens") {
        case nil: truncation = arguments.boolean("truncate") ? .toModelLimit : .never
        case -1: truncation = .toModelLimit
        case 0:
            throw .invalidValue(
                param: "truncate_prompt_tokens",
                "Invalid 'truncate_prompt_tokens': a text of no tokens is none. Use -1 for what the model takes.")
        case .some(let count): truncation = .toTokens(count)
        }
    }
}
