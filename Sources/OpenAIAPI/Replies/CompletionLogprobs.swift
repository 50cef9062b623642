import JSON

/// The four parallel arrays that text completions use for log-probabilities.
///
/// Feed it the tokens of one choice in order. In a stream, take the arrays out after each feed: the place in the text
/// is kept, so that offsets go on where they stopped.
public struct CompletionLogprobs: Hashable, Sendable {
    private var tokens: [TokenLogprob] = []
    private var offsets: [Int] = []
    /// Characters (Unicode scalars, as Python counts) that have begun before the next token.
    private var scalarsBegun = 0

    public init() {}

    public init(_ tokens: [TokenLogprob]) {
        for token in tokens { append(token) }
    }

    public mutating func append(_ token: TokenLogprob) {
        // A token that starts inside a character belongs to the place where that character began.
        let startsInside = token.bytes.first.map(Self.isContinuation) ?? false
        offsets.append(startsInside ? max(0, scalarsBegun - 1) : scalarsBegun)
        // A control token is named among the tokens and takes no room in the text.
        if !token.isControl { scalarsBegun += token.bytes.count { !Self.isContinuation($0) } }
        tokens.append(token)
    }

    /// The tokens since the last call, leaving this value empty but for its place in the text.
    public mutating func takeAll() -> CompletionLogprobs {
        let taken = self
        tokens.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        return taken
    }

    public var isEmpty: Bool { tokens.isEmpty }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// A token as text; one that is not whole characters is spelled out, because the texts are also names of members
    /// and different tokens must not share one.
    static func text(of bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return bytes.reduce(into: "bytes:") { text, byte in
            text += (byte < 0x10 ? "\\x0" : "\\x") + String(byte, radix: 16)
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.write(raw: "{\"text_offset\":")
        writer.writeArray(offsets) { writer, offset in writer.write(offset) }
        writer.write(raw: ",\"token_logprobs\":")
        writer.writeArray(tokens) { writer, token in
            if let logprob = token.logprob {
                writer.write(TokenLogprob.finite(logprob))
            } else {
                writer.write(raw: "null")
            }
        }
        writer.write(raw: ",\"tokens\":")
        writer.writeArray(tokens) { writer, token in writer.write(Self.text(of: token.bytes)) }
        writer.write(raw: ",\"top_logprobs\":")
        writer.writeArray(tokens) { writer, token in Self.writeAlternatives(of: token, to: &writer) }
        writer.write(raw: "}")
    }

    /// The likeliest tokens and, last, the token itself unless it is one of them.
    private static func writeAlternatives(of token: TokenLogprob, to writer: inout JSONWriter) {
        guard let logprob = token.logprob else { return writer.write(raw: "null") }
        var names: Set<String> = []
        writer.write(raw: "{")
        for candidate in token.alternatives + [.init(bytes: token.bytes, logprob: logprob)] {
            let name = text(of: candidate.bytes)
            guard names.insert(name).inserted else { continue }
            if names.count > 1 { writer.write(raw: ",") }
            writer.write(name)
            writer.write(raw: ":")
            writer.write(TokenLogprob.finite(candidate.logprob))
        }
        writer.write(raw: "}")
    }
}
