import HTTPTypes

/// The target of a request line (RFC 9112 3.2), taken apart and checked.
struct RequestTarget: Hashable, Sendable {
    /// Host and port of an absolute-form target, in lower case.
    var authority: String?
    /// The path used for routing: percent-encoded unreserved characters decoded, nothing else changed; `*` for the
    /// asterisk-form.
    var path: String
    /// What follows the first question mark, as it came.
    var query: String?

    var isAsterisk: Bool { path == "*" }

    /// Path and query as they are handed on in `HTTPRequest.path`.
    var pathAndQuery: String {
        if let query { "\(path)?\(query)" } else { path }
    }

    /// Tells the forms apart by their first bytes; the method decides whether a form is allowed.
    static func parse(_ bytes: Span<UInt8>, method: HTTPRequest.Method) throws(HTTPRejection) -> RequestTarget {
        guard bytes.count > 0 else { throw .badRequest("the request target is empty") }
        if bytes[0] == UInt8(ascii: "/") { return try originForm(bytes, authority: nil) }
        if bytes.count == 1, bytes[0] == UInt8(ascii: "*") {
            // RFC 9112 3.2.4: the asterisk-form is for OPTIONS alone.
            guard method == .options else { throw .badRequest("the target * is for OPTIONS only") }
            return RequestTarget(authority: nil, path: "*", query: nil)
        }
        return try absoluteForm(bytes)
    }

    private static func absoluteForm(_ bytes: Span<UInt8>) throws(HTTPRejection) -> RequestTarget {
        let prefix = 7  // "http://"
        guard bytes.count > prefix, bytes.extracting(0..<prefix).equalsIgnoringCase("http://") else {
            throw .badRequest("the request target is neither a path nor an http URL")
        }
        var end = prefix
        while end < bytes.count, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") { end += 1 }
        let authority = try Authority(parsing: bytes.extracting(prefix..<end)).text
        let rest = bytes.extracting(end..<bytes.count)
        if rest.count > 0, rest[0] == UInt8(ascii: "/") { return try originForm(rest, authority: authority) }
        // An empty path means "/" (RFC 9110 4.2.3).
        let query = rest.count > 0 ? try query(rest.extracting(1..<rest.count)) : nil
        return RequestTarget(authority: authority, path: "/", query: query)
    }

    private static func originForm(_ bytes: Span<UInt8>, authority: String?) throws(HTTPRejection) -> RequestTarget {
        guard let questionMark = bytes.firstIndex(of: UInt8(ascii: "?")) else {
            return RequestTarget(authority: authority, path: try path(bytes), query: nil)
        }
        return RequestTarget(
            authority: authority,
            path: try path(bytes.extracting(0..<questionMark)),
            query: try query(bytes.extracting((questionMark + 1)..<bytes.count)))
    }

    private static func query(_ bytes: Span<UInt8>) throws(HTTPRejection) -> String {
        guard bytes.allSatisfy(\.isQueryCharacter) else {
            throw .badRequest("the query holds a character that must be percent-encoded")
        }
        return bytes.text
    }

    private static func path(_ bytes: Span<UInt8>) throws(HTTPRejection) -> String {
        var hasEscape = false
        var mayHaveDots = false
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                hasEscape = true
            } else if !byte.isPathCharacter {
                throw .badRequest("the path holds a character that must be percent-encoded")
            }
            if byte == UInt8(ascii: "."), index > 0, bytes[index - 1] == UInt8(ascii: "/") { mayHaveDots = true }
        }
        let path = hasEscape ? try decodingUnreserved(bytes) : bytes.text
        // Clients resolve dot segments before they send; one on the wire is an attempt to leave a prefix.
        if mayHaveDots || hasEscape, path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) {
            throw .badRequest("the path holds a dot segment")
        }
        return path
    }

    /// RFC 3986 6.2.2.2: decodes what never needed encoding, and leaves `%2F` and its like alone, since decoding them
    /// would move the borders of segments.
    private static func decodingUnreserved(_ bytes: Span<UInt8>) throws(HTTPRejection) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = bytes[index + 1].hexDigitValue,
                let low = bytes[index + 2].hexDigitValue
            else { throw .badRequest("the path holds a broken percent-encoding") }
            let value = high << 4 | low
            guard value >= 0x20, value != 0x7F else { throw .badRequest("the path holds a control character") }
            if value.isUnreserved {
                decoded.append(value)
            } else {
                for offset in 0..<3 { decoded.append(bytes[index + offset]) }
            }
            index += 3
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
