import HTTPTypes

/// The key that a request carries.
enum Credential {
    private static let scheme = "bearer"

    /// The token of `Authorization: Bearer`, else the value of `x-api-key`; nil if there is neither.
    ///
    /// A field that is sent twice counts as one value with a comma, which no key has.
    static func secret(in fields: HTTPFields) -> String? {
        if let value = fields[.authorization], let token = bearerToken(value) { return token }
        guard let key = fields[.xAPIKey], !key.isEmpty else { return nil }
        return key
    }

    /// RFC 9110 11.1: the scheme in any case, then spaces, then the token.
    private static func bearerToken(_ value: String) -> String? {
        guard value.utf8.count > scheme.utf8.count,
            value.prefix(scheme.count).lowercased() == scheme
        else { return nil }
        let rest = value.dropFirst(scheme.count)
        let token = rest.drop { $0 == " " }
        return token.isEmpty || token.startIndex == rest.startIndex ? nil : String(token)
    }
}

extension HTTPField.Name {
    static let xAPIKey = HTTPField.Name("x-api-key")!
}
