/// A token of a reply with its log-probability and the likeliest tokens at its place.
public struct TokenLogprob: Hashable, Sendable {
    /// A token that might have stood at a place.
    public struct Candidate: Hashable, Sendable {
        /// The token's bytes, which need not be whole characters.
        public var bytes: [UInt8]
        /// Natural logarithm of its probability.
        public var logprob: Double

        public init(bytes: [UInt8], logprob: Double) {
            self.bytes = bytes
            self.logprob = logprob
        }
    }

    /// The token's bytes, which need not be whole characters.
    public var bytes: [UInt8]
    /// Nil for the first token of an echoed prompt, before which there is nothing.
    public var logprob: Double?
    /// Whether the token is structure that no text shows, such as the one that begins a text.
    public var isControl: Bool
    /// Likeliest first, as many as the request wants; the token itself need not be among them.
    public var alternatives: [Candidate]

    public init(bytes: [UInt8], logprob: Double?, isControl: Bool = false, alternatives: [Candidate] = []) {
        self.bytes = bytes
        self.isControl = isControl
        self.logprob = logprob
        self.alternatives = alternatives
    }

    /// What stands for a probability of zero: JSON has no infinities, and clients must not meet null.
    static let floor = -9999.0

    /// A log-probability as it is written: finite, and never below the floor.
    static func finite(_ logprob: Double) -> Double { logprob > floor ? min(logprob, 0) + 0 : floor }
}
