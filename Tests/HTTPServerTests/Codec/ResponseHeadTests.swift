import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct ResponseHeadTests {
    private func text(
        _ fields: HTTPFields, framing: ResponseFraming = .length(2), version: HTTPVersion = .http11,
        keepAlive: Bool = true, status: HTTPResponse.Status = .ok
    ) -> String {
        var output = OutputBuffer()
        ResponseHead(
            status: status, fields: fields, framing: framing, version: version, keepAlive: keepAlive, requestID: "id"
        ).write(to: &output, date: DateField())
        var bytes: [UInt8] = []
        output.drain {
            bytes.append(contentsOf: $0)
            return $0.count
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aValueCannotOpenANewLine() {
        let head = text([.contentType: "a\r\nSet-Cookie: b\u{0}c"])
        #expect(!head.contains("\r\nSet-Cookie"))
        #expect(!head.utf8.contains(0))
    }

    @Test func theServersOwnFieldsCannotBeSet() {
        let head = text([
            .contentLength: "7", .transferEncoding: "gzip", .connection: "upgrade", .date: "never", .server: "me",
            .xRequestID: "mine",
        ])
        #expect(head.contains("Content-Length: 2\r\n"))
        for foreign in ["7", "gzip", "upgrade", "never", "me\r", "mine"] { #expect(!head.contains(": \(foreign)")) }
    }

    @Test func defaultsYieldToTheHandler() {
        #expect(text([:]).contains("Cache-Control: no-store\r\n"))
        let own = text([.cacheControl: "max-age=5"])
        #expect(own.contains("Cache-Control: max-age=5\r\n") && !own.contains("no-store"))
        #expect(text([:]).contains("X-Content-Type-Options: nosniff\r\n"))
    }

    @Test(
        arguments: [
            (HTTPVersion.http11, true, nil), (.http11, false, "close"), (.http10, true, "keep-alive"),
            (.http10, false, "close"),
        ] as [(HTTPVersion, Bool, String?)])
    func connectionField(version: HTTPVersion, keepAlive: Bool, expected: String?) {
        let head = text([:], version: version, keepAlive: keepAlive)
        if let expected {
            #expect(head.contains("\r\nConnection: \(expected)\r\n"))
        } else {
            #expect(!head.contains("Connection:"))
        }
    }

    @Test func framings() {
        #expect(text([:], framing: .chunked).contains("Transfer-Encoding: chunked\r\n"))
        #expect(!text([:], framing: .absent, status: .noContent).contains("Content-Length"))
        #expect(!text([:], framing: .untilClose).contains("Content-Length"))
        #expect(text([:], status: .notFound).hasPrefix("HTTP/1.1 404 Not Found\r\n"))
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
    ])
    func dates(seconds: Int, text: String) {
        #expect(DateField.format(seconds) == text)
    }
}

@Suite struct OutputBufferTests {
    @Test func bytesLeaveInOrderHoweverTheyAreTaken() {
        var generator = SeededGenerator(seed: 7)
        var output = OutputBuffer()
        var expected: [UInt8] = []
        var taken: [UInt8] = []
        for round in 0..<400 {
            let piece = (0..<Int.random(in: 0..<2000, using: &generator)).map { UInt8(truncatingIfNeeded: $0 + round) }
            output.append(piece)
            expected += piece
            output.drain { bytes in
                let count = Int.random(in: 0...bytes.count, using: &generator)
                taken.append(contentsOf: bytes[..<count])
                return count
            }
            #expect(output.count == expected.count - taken.count)
        }
        output.drain {
            taken.append(contentsOf: $0)
            return $0.count
        }
        #expect(taken == expected && output.isEmpty)
    }

    @Test(arguments: [(0, "0", "0"), (9, "9", "9"), (10, "10", "a"), (255, "255", "ff"), (65536, "65536", "10000")])
    func numbers(value: Int, decimal: String, hexadecimal: String) {
        var output = OutputBuffer()
        output.append(decimal: value)
        output.append(" ")
        output.append(hexadecimal: value)
        output.drain { bytes in
            #expect(String(decoding: bytes, as: UTF8.self) == "\(decimal) \(hexadecimal)")
            return bytes.count
        }
    }
}
