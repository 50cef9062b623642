/// A token id written as the name of a JSON member, in the one form that cannot name a token twice.
struct TokenKey: Hashable {
    let token: Int

    /// Nil unless the name is plain decimal without sign or leading zeros and fits 31 bits.
    init?(_ name: String) {
        guard let token = Int(name), token >= 0, token <= Int(Int32.max), String(token) == name else { return nil }
        self.token = token
    }
}
