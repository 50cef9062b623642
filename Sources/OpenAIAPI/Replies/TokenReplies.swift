import JSON

/// The reply of `POST /tokenize`.
public struct TokenizeReply: Hashable, Sendable {
    public var tokens: [Int]
    /// Each token's bytes, if the request asked for them; as many as there are tokens.
    public var pieces: [[UInt8]]?

    public init(tokens: [Int], pieces: [[UInt8]]? = nil) {
        precondition(pieces.map { $0.count == tokens.count } ?? true, "every token has one piece")
        self.tokens = tokens
        self.pieces = pieces
    }

    /// With pieces, a token is `{"id": 1, "piece": "text"}`; a piece that is not whole characters is an array of bytes.
    public var body: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 16 + tokens.count * 8)
        writer.write(raw: "{\"tokens\":")
        if let pieces {
            writer.writeArray(zip(tokens, pieces)) { writer, pair in
                writer.write(raw: "{\"id\":\(pair.0),\"piece\":")
                if let text = String(validating: pair.1, as: UTF8.self) {
                    writer.write(text)
                } else {
                    writer.writeArray(pair.1) { writer, byte in writer.write(Int(byte)) }
                }
                writer.write(raw: "}")
            }
        } else {
            writer.writeArray(tokens) { writer, token in writer.write(token) }
        }
        writer.write(raw: "}")
        return writer.bytes
    }
}

/// The reply of `POST /detokenize`.
public struct DetokenizeReply: Hashable, Sendable {
    public var content: String

    public init(content: String) {
        self.content = content
    }

    public var body: [UInt8] {
        var writer = JSONWriter(reservingCapacity: content.utf8.count + 32)
        writer.write(raw: "{\"content\":")
        writer.write(content)
        writer.write(raw: "}")
        return writer.bytes
    }
}

/// The reply of `POST /apply-template`.
public struct ApplyTemplateReply: Hashable, Sendable {
    public var prompt: String

    public init(prompt: String) {
        self.prompt = prompt
    }

    public var body: [UInt8] {
        var writer = JSONWriter(reservingCapacity: prompt.utf8.count + 32)
        writer.write(raw: "{\"prompt\":")
        writer.write(prompt)
        writer.write(raw: "}")
        return writer.bytes
    }
}

/// The reply of `POST /v1/chat/completions/input_tokens`, with the kind that OpenAI's own counting endpoint names.
public struct InputTokensReply: Hashable, Sendable {
    public var inputTokens: Int

    public init(inputTokens: Int) {
        self.inputTokens = inputTokens
    }

    public var body: [UInt8] { Array("{\"object\":\"response.input_tokens\",\"input_tokens\":\(inputTokens)}".utf8) }
}
