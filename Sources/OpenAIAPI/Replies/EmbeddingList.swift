import JSON

/// The reply of `POST /v1/embeddings`.
public struct EmbeddingList: Hashable, Sendable {
    public var model: String
    /// In the order of the inputs.
    public var vectors: [[Float]]
    public var encoding: EmbeddingRequest.Encoding
    public var promptTokens: Int

    public init(model: String, vectors: [[Float]], encoding: EmbeddingRequest.Encoding, promptTokens: Int) {
        self.model = model
        self.vectors = vectors
        self.encoding = encoding
        self.promptTokens = promptTokens
    }

    public var body: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256 + vectors.reduce(0) { $0 + $1.count * 12 + 64 })
        writer.write(raw: "{\"object\":\"list\",\"data\":")
        writer.writeArray(vectors.enumerated()) { writer, entry in
            writer.write(raw: "{\"object\":\"embedding\",\"index\":\(entry.offset),\"embedding\":")
            switch encoding {
            case .float: writer.writeArray(entry.element) { writer, number in writer.write(number) }
            case .base64: writer.writeBase64(entry.element)
            }
            writer.write(raw: "}")
        }
        writer.write(raw: ",\"model\":")
        writer.write(model)
        writer.write(raw: ",\"usage\":{\"prompt_tokens\":\(promptTokens),\"total_tokens\":\(promptTokens)}}")
        return writer.bytes
    }
}

extension JSONWriter {
    /// Writes the shortest number that is read as the same 32-bit float. It must be finite.
    mutating func write(_ number: Float) { write(raw: number.description) }

    /// Writes numbers as a string: base64 of 32-bit floats in little-endian order, without line ends, as NumPy and
    /// OpenAI's clients read them.
    mutating func writeBase64(_ numbers: [Float]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count * 4)
        for number in numbers {
            let bits = number.bitPattern
            for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        }
        write(raw: "\"\(Base64.text(of: bytes))\"")
    }
}

/// RFC 4648, section 4: the standard alphabet, with padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0) }
            for place in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * place)) & 0x3F
                // So many bytes fill one digit more than there are of them.
                text.append(place <= count ? alphabet[digit] : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }
}
