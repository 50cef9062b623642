import COpenSSL

/// Names for clients of a server without keys, from whatever token they send along.
///
/// Clients with different tokens get different names, so that they can be kept apart; nobody outside of the process can
/// tell a token from its name, or compute the name of another's token: names are keyed hashes, with a key that every
/// process draws for itself.
public struct ClientNames: Sendable {
    private let key: [UInt8]

    public init() {
        var generator = SystemRandomNumberGenerator()
        key = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// The name of a token: the same one each time, as long as this value lives.
    public func name(for token: String) -> String {
        let token = Array(token.utf8)
        var hash = [UInt8](repeating: 0, count: 32)
        var length = 0
        // HMAC-SHA-256 is part of every OpenSSL 3, and what can fail otherwise is the allocator.
        precondition(
            EVP_Q_mac(
                nil, "HMAC", nil, "SHA256", nil, key, key.count, token, token.count, &hash, hash.count, &length)
                != nil && length == hash.count,
            "OpenSSL can't compute HMAC-SHA-256")
        return "client_" + hash.prefix(16).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
