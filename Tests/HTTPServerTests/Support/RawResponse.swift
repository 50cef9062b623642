/// A response as it came over the wire.
struct RawResponse: Sendable {
    var status: Int
    /// Names in lower case.
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Statuses of interim responses that came before.
    var interim: [Int] = []

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    var closes: Bool { self["connection"] == "close" }
}

extension RawClient {
    /// Sends a request and reads its response.
    func exchange(_ request: String) async throws -> RawResponse {
        try await send(request)
        return try await response(toHead: request.hasPrefix("HEAD "))
    }

    /// Sends a GET and reads the response.
    func get(_ path: String, _ fields: String = "") async throws -> RawResponse {
        try await exchange("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
    }

    /// Sends a POST and reads the response.
    func post(_ path: String, _ body: String, _ fields: String = "") async throws -> RawResponse {
        try await exchange(
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }

    /// Reads one final response.
    func response(toHead: Bool = false) async throws -> RawResponse {
        var reader = Reader(client: self)
        var interim: [Int] = []
        while true {
            var response = try await reader.head()
            if response.status < 200 {
                interim.append(response.status)
                continue
            }
            response.interim = interim
            response.body = try await reader.body(of: response, toHead: toHead)
            reader.putBack()
            return response
        }
    }

    /// Reads only the head of a response.
    func responseHead() async throws -> RawResponse {
        var reader = Reader(client: self)
        let response = try await reader.head()
        reader.putBack()
        return response
    }

    /// Reads until at least `count` bytes are there.
    func receive(atLeast count: Int) async throws -> [UInt8] {
        var bytes = takeUnread()
        while bytes.count < count {
            let more = try await receive()
            if more.isEmpty { throw Failure(description: "the stream ended after \(bytes.count) bytes") }
            bytes += more
        }
        return bytes
    }

    /// Reads to the end of the stream.
    func rest() async throws -> [UInt8] {
        var bytes = takeUnread()
        while case let more = try await receive(), !more.isEmpty { bytes += more }
        return bytes
    }
}

/// Cuts responses out of a client's bytes.
private struct Reader {
    let client: RawClient
    private var bytes: [UInt8]

    init(client: RawClient) {
        self.client = client
        bytes = client.takeUnread()
    }

    func putBack() {
        client.putBack(bytes)
    }

    private mutating func fill() async throws {
        let more = try await client.receive()
        guard !more.isEmpty else { throw RawClient.Failure(description: "the connection ended in mid response") }
        bytes += more
    }

    private mutating func line() async throws -> String {
        while true {
            if let end = bytes.firstIndex(of: 0x0A), end > 0, bytes[end - 1] == 0x0D {
                defer { bytes.removeSubrange(...end) }
                return String(decoding: bytes[..<(end - 1)], as: UTF8.self)
            }
            try await fill()
        }
    }

    mutating func head() async throws -> RawResponse {
        let statusLine = try await line().split(separator: " ")
        guard statusLine.count > 1, statusLine[0] == "HTTP/1.1", let status = Int(statusLine[1]) else {
            throw RawClient.Failure(description: "no status line: \(statusLine)")
        }
        var response = RawResponse(status: status)
        while case let line = try await line(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else {
                throw RawClient.Failure(description: "no colon: \(line)")
            }
            response.fields.append(
                (line[..<colon].lowercased(), String(line[line.index(after: colon)...].drop { $0 == " " })))
        }
        return response
    }

    private mutating func take(_ count: Int) async throws -> [UInt8] {
        while bytes.count < count { try await fill() }
        defer { bytes.removeSubrange(..<count) }
        return Array(bytes[..<count])
    }

    mutating func body(of response: RawResponse, toHead: Bool) async throws -> [UInt8] {
        if toHead || response.status == 204 || response.status == 304 { return [] }
        if response["transfer-encoding"] == "chunked" {
            var body: [UInt8] = []
            while case let size = Int(try await line(), radix: 16) ?? 0, size > 0 {
                body += try await take(size)
                _ = try await line()
            }
            _ = try await line()
            return body
        }
        if let length = response["content-length"].flatMap({ Int($0) }) { return try await take(length) }
        while case let more = try await client.receive(), !more.isEmpty { bytes += more }
        defer { bytes = [] }
        return bytes
    }
}
