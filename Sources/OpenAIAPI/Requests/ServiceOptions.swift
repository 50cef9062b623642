import JSON

/// How a request wants to be served; none of it changes what a correct reply is.
public struct ServiceOptions: Hashable, Sendable {
    public enum Tier: String, Hashable, Sendable {
        case standard = "default"
        /// Whenever there is time: only after all others.
        case flex
    }

    public var tier: Tier
    /// The tier to name in the reply: `tier` if the request spoke of one.
    public var namedTier: Tier?
    /// Prompts with different salts share nothing that was computed for them. Made of `cache_salt` and
    /// `prompt_cache_key`; empty if the request has neither.
    public var cacheSalt: String

    init(_ arguments: Arguments) {
        tier = arguments["service_tier"]?.stringValue.flatMap(Tier.init) ?? .standard
        namedTier = arguments.isGiven("service_tier") ? tier : nil
        let parts = ["cache_salt", "prompt_cache_key"].map { arguments[$0]?.stringValue ?? "" }
        // The length keeps ("a", "bc") and ("ab", "c") apart.
        cacheSalt = parts.allSatisfy(\.isEmpty) ? "" : "\(parts[0].utf8.count):" + parts.joined()
    }
}
