import HTTPTypes

/// What the framing of one chunked message has cost so far.
struct ChunkAccount: Sendable {
    /// Bytes of size lines and line ends.
    var overhead = 0
    var extensions = 0
}

extension RequestDecoder {
    /// Moves body bytes out of the buffer; true when the body is whole.
    mutating func readBody() throws(HTTPRejection) -> Bool {
        while true {
            switch state {
            case .fixedBody(let remaining):
                let left = remaining - moveToBody(atMost: remaining)
                state = .fixedBody(remaining: left)
                return left == 0
            case .chunkSize:
                guard try readChunkSize() else { return false }
            case .chunkData(let remaining):
                let left = remaining - moveToBody(atMost: remaining)
                state = left == 0 ? .chunkEnd : .chunkData(remaining: left)
                guard left == 0 else { return false }
            case .chunkEnd:
                guard let line = try takeFramingLine(limit: 0) else { return false }
                guard line.isEmpty else { throw .badRequest("a chunk is longer than its size") }
                state = .chunkSize
            case .trailers:
                guard let isLast = try readTrailer() else { return false }
                if isLast { return true }
            case .requestLine, .fields, .awaitingDecision, .complete:
                preconditionFailure("there is no body to read")
            }
        }
    }

    private mutating func readChunkSize() throws(HTTPRejection) -> Bool {
        // 16 digits, a BWS and the extension.
        guard let line = try takeFramingLine(limit: 16 + 1 + limits.chunkExtensionBytes) else { return false }
        let header = try ChunkHeader(parsing: buffer.span.extracting(line))
        chunks.extensions += header.extensionBytes
        guard header.extensionBytes <= limits.chunkExtensionBytes,
            chunks.extensions <= limits.chunkExtensionTotalBytes
        else { throw .badRequest("the chunk extensions are too long") }
        guard header.size > 0 else {
            sectionBytes = 0
            state = .trailers
            return true
        }
        guard header.size <= bodyLimit - body.count else { throw Self.bodyTooLarge(bodyLimit) }
        guard chunks.overhead <= body.count + limits.chunkOverheadBytes else {
            throw .badRequest("the chunks are too small")
        }
        state = .chunkData(remaining: header.size)
        return true
    }

    private mutating func takeFramingLine(limit: Int) throws(HTTPRejection) -> Range<Int>? {
        sectionBytes = 0
        guard let line = try takeLine(limit: limit, tooLong: .badRequest("a chunk is ill-framed")) else { return nil }
        chunks.overhead += line.count + 2
        return line
    }

    /// Checks one trailer line and drops it; true at the empty line, nil until a line is whole.
    ///
    /// Trailers never join the header: what authenticates or frames a request is known before its body comes.
    private mutating func readTrailer() throws(HTTPRejection) -> Bool? {
        guard let line = try takeLine(limit: limits.trailerBytes, tooLong: Self.fieldsTooLarge) else { return nil }
        if line.isEmpty { return true }
        _ = try FieldLine(parsing: buffer.span.extracting(line))
        return false
    }
}

/// The line in front of a chunk: `1*HEXDIG [chunk-ext]` (RFC 9112 7.1).
struct ChunkHeader: Hashable {
    var size: Int
    /// Length of everything behind the size.
    var extensionBytes: Int

    init(parsing line: Span<UInt8>) throws(HTTPRejection) {
        var size = 0
        var index = 0
        while index < line.count, let digit = line[index].hexDigitValue {
            guard index < 16, size <= Int.max >> 4 else { throw .badRequest("a chunk size is out of range") }
            size = size << 4 | Int(digit)
            index += 1
        }
        guard index > 0 else { throw .badRequest("a chunk size is not a hexadecimal number") }
        self.size = size
        extensionBytes = line.count - index
        var scanner = ChunkExtensionScanner(index: index)
        guard scanner.scan(line) else { throw .badRequest("a chunk size is followed by something ill-formed") }
    }
}

/// Checks `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` (RFC 9112 7.1.1).
private struct ChunkExtensionScanner {
    var index: Int

    mutating func scan(_ line: Span<UInt8>) -> Bool {
        while index < line.count {
            skipWhitespace(line)
            guard skip(UInt8(ascii: ";"), line) else { return false }
            skipWhitespace(line)
            guard skipToken(line) else { return false }
            let end = index
            skipWhitespace(line)
            guard skip(UInt8(ascii: "="), line) else {
                index = end
                continue
            }
            skipWhitespace(line)
            guard skipQuotedString(line) || skipToken(line) else { return false }
        }
        return true
    }

    private mutating func skipWhitespace(_ line: Span<UInt8>) {
        while index < line.count, line[index].isOptionalWhitespace { index += 1 }
    }

    private mutating func skip(_ byte: UInt8, _ line: Span<UInt8>) -> Bool {
        guard index < line.count, line[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipToken(_ line: Span<UInt8>) -> Bool {
        let start = index
        while index < line.count, line[index].isTokenCharacter { index += 1 }
        return index > start
    }

    private mutating func skipQuotedString(_ line: Span<UInt8>) -> Bool {
        guard index < line.count, line[index] == UInt8(ascii: "\"") else { return false }
        var end = index + 1
        while end < line.count, line[end] != UInt8(ascii: "\"") {
            if line[end] == UInt8(ascii: "\\") { end += 1 }
            guard end < line.count, line[end].isFieldValueByte else { return false }
            end += 1
        }
        guard end < line.count else { return false }
        index = end + 1
        return true
    }
}
