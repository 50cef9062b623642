import HTTPTypes

/// How the end of a response body is told (RFC 9112 6).
enum ResponseFraming: Hashable, Sendable {
    /// The status forbids a body and a length (1xx, 204, 304).
    case absent
    case length(Int)
    case chunked
    /// HTTP/1.0 knows no chunks: the body ends when the connection does.
    case untilClose
}

/// Everything the head of a response says, ready to be written.
struct ResponseHead: Sendable {
    var status: HTTPResponse.Status
    var fields: HTTPFields
    var framing: ResponseFraming
    var version: HTTPVersion
    var keepAlive: Bool
    var requestID: String

    /// Appends the head to `output`.
    ///
    /// Fields about framing, the connection, the date and the request id are the server's own: a handler's are dropped.
    /// `HTTPField` holds no line ends by construction, so a value cannot open a new line.
    func write(to output: inout OutputBuffer, date: DateField) {
        writeStatusLine(to: &output)
        var hasCacheControl = false
        for field in fields {
            switch field.name {
            case .connection, .contentLength, .transferEncoding, .date, .xRequestID, .server: continue
            case .cacheControl: hasCacheControl = true
            default: break
            }
            output.append(field.name.rawName)
            output.append(": ")
            field.withUnsafeBytesOfValue { output.append($0) }
            output.append("\r\n")
        }
        if !hasCacheControl { output.append("Cache-Control: no-store\r\n") }
        switch framing {
        case .absent, .untilClose: break
        case .length(let length):
            output.append("Content-Length: ")
            output.append(decimal: length)
            output.append("\r\n")
        case .chunked: output.append("Transfer-Encoding: chunked\r\n")
        }
        if !keepAlive {
            output.append("Connection: close\r\n")
        } else if version == .http10 {
            output.append("Connection: keep-alive\r\n")
        }
        output.append("X-Content-Type-Options: nosniff\r\nx-request-id: ")
        output.append(requestID)
        output.append("\r\nDate: ")
        output.append(date.text)
        output.append("\r\n\r\n")
    }

    private func writeStatusLine(to output: inout OutputBuffer) {
        // RFC 9112 2.3: the version is the server's own, whatever the client's.
        if status.code == 200 {
            output.append("HTTP/1.1 200 OK\r\n")
            return
        }
        output.append("HTTP/1.1 ")
        output.append(decimal: status.code)
        output.append(" ")
        output.append(status.reasonPhrase)
        output.append("\r\n")
    }

    /// Whether a response of this status may have a body (RFC 9110 6.4.1).
    static func allowsBody(_ status: HTTPResponse.Status) -> Bool {
        status.code >= 200 && status.code != 204 && status.code != 304
    }
}

extension HTTPField.Name {
    static let xRequestID = HTTPField.Name("x-request-id")!
    /// HTTPTypes keeps `host` to itself, since HTTP/2 carries it as a pseudo field.
    static let hostField = HTTPField.Name("host")!
}
