import JSON

/// Writes the chunks of one streamed chat; each result is the JSON text of one server-sent event.
///
/// For every choice: one `opening`, any number of `content`, one `closing`. After all choices one `usage`, if the
/// request asked for it; the other chunks then carry `"usage":null`. The stream itself ends with `[DONE]`, which is no
/// chunk.
///
/// PERF: a chunk costs one buffer and two copies, of the constant opening and of the text.
public struct ChatChunkWriter: Sendable {
    private let frame: ReplyFrame
    /// The end of a chunk that has a choice, but for padding and brace.
    private let ending: String
    private let includesUsage: Bool
    private let isPadded: Bool

    /// - Parameter isPadded: whether each chunk of a choice has random text (``StreamOptions/includeObfuscation``).
    public init(identity: ReplyIdentity, includesUsage: Bool, isPadded: Bool = false) {
        frame = ReplyFrame(identity, object: "chat.completion.chunk")
        ending = includesUsage ? "],\"usage\":null" : "]"
        self.includesUsage = includesUsage
        self.isPadded = isPadded
    }

    /// The first chunk of a choice: who speaks, and no text yet.
    public func opening(choice: Int) -> [UInt8] {
        chunk(choice, finishReason: nil, logprobs: nil) { writer in
            writer.write(raw: "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}")
        }
    }

    /// A piece of a choice's text.
    ///
    /// - Parameter logprobs: the tokens since the last chunk; nil if the request did not ask for them.
    public func content(_ text: String, choice: Int, logprobs: [TokenLogprob]? = nil) -> [UInt8] {
        chunk(choice, finishReason: nil, logprobs: logprobs) { writer in
            writer.write(raw: "{\"content\":")
            writer.write(text)
            writer.write(raw: "}")
        }
    }

    /// The last chunk of a choice; all its tokens have been told before.
    public func closing(choice: Int, finishReason: FinishReason) -> [UInt8] {
        chunk(choice, finishReason: finishReason, logprobs: nil) { $0.write(raw: "{}") }
    }

    /// The chunk after the last choice; nil unless the request asked for the usage.
    public func usage(_ usage: Usage) -> [UInt8]? {
        guard includesUsage else { return nil }
        return frame.usageChunk(usage)
    }

    private func chunk(
        _ choice: Int, finishReason: FinishReason?, logprobs: [TokenLogprob]?, delta: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: frame.opening.utf8.count + 256)
        writer.write(raw: frame.opening)
        writer.write(raw: "{\"index\":")
        writer.write(choice)
        writer.write(raw: ",\"delta\":")
        delta(&writer)
        writer.write(raw: ",\"logprobs\":")
        ChatLogprobs.write(logprobs, to: &writer)
        writer.write(raw: ",\"finish_reason\":")
        writer.write(finishReason)
        writer.write(raw: "}")
        writer.write(raw: ending)
        if isPadded { ChunkPadding.write(to: &writer) }
        writer.write(raw: "}")
        return writer.bytes
    }
}

extension ReplyFrame {
    /// The chunk that has no choice and all the usage.
    func usageChunk(_ usage: Usage) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: opening.utf8.count + 320)
        writer.write(raw: opening)
        writer.write(raw: "],\"usage\":")
        usage.write(to: &writer)
        writer.write(raw: "}")
        return writer.bytes
    }
}
