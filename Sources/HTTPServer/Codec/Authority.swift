/// Host and optional port, as in a `Host` field or an absolute-form target (RFC 9110 7.2, RFC 3986 3.2.2).
///
/// User information is refused: it has no meaning in `http` requests and hides the real host from a quick reader.
struct Authority: Hashable, Sendable {
    /// The whole authority in lower case.
    let text: String
    /// The host alone in lower case; an IPv6 address keeps its brackets.
    let host: String

    init(parsing bytes: Span<UInt8>) throws(HTTPRejection) {
        guard bytes.count > 0, let hostEnd = Self.endOfHost(bytes), hostEnd > 0 else {
            throw .badRequest("the host name is ill-formed")
        }
        if hostEnd < bytes.count {
            let port = bytes.extracting((hostEnd + 1)..<bytes.count)
            guard bytes[hostEnd] == UInt8(ascii: ":"), Self.isPort(port) else {
                throw .badRequest("the host name is ill-formed")
            }
        }
        text = bytes.text.lowercased()
        host = hostEnd == bytes.count ? text : String(text.utf8.prefix(hostEnd)) ?? text
    }

    /// The index behind the host, or nil where the host breaks the grammar.
    private static func endOfHost(_ bytes: Span<UInt8>) -> Int? {
        if bytes[0] == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")), close > 2,
                bytes.extracting(1..<close).allSatisfy({
                    $0.hexDigitValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                })
            else { return nil }
            return close + 1
        }
        var index = 0
        while index < bytes.count, bytes[index] != UInt8(ascii: ":") {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, bytes[index + 1].hexDigitValue != nil,
                    bytes[index + 2].hexDigitValue != nil
                else { return nil }
                index += 3
            } else {
                guard bytes[index].isUnreserved || bytes[index].isSubDelimiter else { return nil }
                index += 1
            }
        }
        return index
    }

    private static func isPort(_ digits: Span<UInt8>) -> Bool {
        guard digits.count <= 5, digits.allSatisfy(\.isDigit) else { return false }
        var port = 0
        for index in digits.indices { port = port * 10 + Int(digits[index] - UInt8(ascii: "0")) }
        return port <= 65535
    }
}
