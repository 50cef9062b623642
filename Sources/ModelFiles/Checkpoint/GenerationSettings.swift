import JSON

/// What a checkpoint says about ending and sampling a text: `generation_config.json`, and where that is silent the
/// token ids of `config.json`.
public struct GenerationSettings: Sendable, Equatable {
    /// Tokens that end a reply; the files hold one number or a list.
    public var endTokens: [Int]
    public var beginToken: Int?
    public var paddingToken: Int?
    public var sampling: RecommendedSampling

    /// - Throws: ``ModelFileError/invalidValue(key:reason:)`` for a value of the wrong type or out of its range.
    init(_ generation: JSONValue?, configuration: JSONValue) throws(ModelFileError) {
        let sources = [generation, configuration, configuration["text_config"]].compactMap { $0 }
        func value(_ key: String) -> JSONValue? { sources.lazy.compactMap { $0[key] }.first { !$0.isNull } }
        endTokens = try Self.tokens(value("eos_token_id"), "eos_token_id")
        beginToken = try Self.tokens(value("bos_token_id"), "bos_token_id").first
        paddingToken = try Self.tokens(value("pad_token_id"), "pad_token_id").first
        sampling = try RecommendedSampling { (setting, range) throws(ModelFileError) in
            try Self.number(generation, setting.checkpointKey, range)
        }
    }

    private static func tokens(_ value: JSONValue?, _ key: String) throws(ModelFileError) -> [Int] {
        guard let value else { return [] }
        var tokens: [Int] = []
        for element in value.arrayValue ?? [value] {
            guard let token = element.integerValue, Int32(exactly: token) != nil else {
                throw .invalidValue(key: key, reason: "isn't a token's number, or a list of them")
            }
            // Some old files write -1 for "none".
            if token >= 0 { tokens.append(token) }
        }
        return tokens
    }

    private static func number(
        _ settings: JSONValue?, _ key: String, _ range: ClosedRange<Double>
    ) throws(ModelFileError) -> Double? {
        guard let value = settings?[key], !value.isNull else { return nil }
        guard let number = value.doubleValue, range.contains(number) else { throw .outside(range, key: key) }
        return number
    }
}
