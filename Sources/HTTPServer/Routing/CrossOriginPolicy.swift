import HTTPTypes

/// The web pages of other origins that may use the server from a browser (CORS, as the Fetch standard defines it).
///
/// Credentials that a browser sends by itself, such as cookies, are never allowed: a page that may use the server brings
/// its key along.
public struct CrossOriginPolicy: Sendable, Hashable {
    public enum Origins: Sendable, Hashable {
        /// Pages from anywhere.
        case any
        /// Pages of these origins, such as `https://app.example`, compared letter by letter.
        case listed(Set<String>)
    }

    public var origins: Origins
    /// Response fields that pages may read besides those that browsers show anyway.
    public var exposedFields: [String]
    /// For how long a browser need not ask again.
    public var maximumAge: Duration

    public init(origins: Origins, exposedFields: [String] = [], maximumAge: Duration = .seconds(600)) {
        self.origins = origins
        self.exposedFields = exposedFields
        self.maximumAge = maximumAge
    }

    /// Whether a text is an origin as browsers send it: scheme, host in lower case and perhaps a port, nothing behind it.
    public static func isOrigin(_ text: String) -> Bool {
        guard let separator = text.firstRange(of: "://"), text.lowercased() == text else { return false }
        let scheme = text[..<separator.lowerBound]
        guard let first = scheme.utf8.first, first.isLetter,
            scheme.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "+-.".utf8.contains($0) })
        else { return false }
        let authority = Array(text[separator.upperBound...].utf8)
        return (try? Authority(parsing: authority.span)) != nil
    }

    private func allows(_ origin: String) -> Bool {
        switch origins {
        case .any: true
        case .listed(let listed): listed.contains(origin)
        }
    }

    /// What every response says.
    ///
    /// - Parameter origin: the request's `Origin`.
    func responseFields(for origin: String?) -> HTTPFields {
        var fields = HTTPFields()
        // An answer that depends on the origin must not be kept for another one.
        if origins != .any { fields.append(HTTPField(name: .vary, value: "Origin")) }
        guard let origin, allows(origin) else { return fields }
        fields[.accessControlAllowOrigin] = origins == .any ? "*" : origin
        if !exposedFields.isEmpty { fields[.accessControlExposeHeaders] = exposedFields.joined(separator: ", ") }
        return fields
    }

    /// What the answer to a preflight says in addition; nil if the request is none, or its origin may not.
    ///
    /// The fields that the page wants to send are all granted, for an allowed page may send what any client may.
    ///
    /// - Parameter allow: the path's methods.
    func preflightFields(for request: HTTPFields, allow: String) -> HTTPFields? {
        guard let origin = request[.origin], allows(origin), request[.accessControlRequestMethod] != nil else {
            return nil
        }
        var fields: HTTPFields = [
            .accessControlAllowMethods: allow, .accessControlMaxAge: String(maximumAge.components.seconds),
        ]
        if let wanted = request[.accessControlRequestHeaders], Self.isListOfNames(wanted) {
            fields[.accessControlAllowHeaders] = wanted
        }
        return fields
    }

    private static func isListOfNames(_ text: String) -> Bool {
        text.utf8.count <= 4096
            && text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { name in
                let name = name.drop { $0 == " " }
                return !name.isEmpty && name.utf8.allSatisfy(\.isTokenCharacter)
            }
    }
}
