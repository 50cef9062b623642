import JSON

/// Writes the chunks of one streamed text completion; each result is the JSON text of one server-sent event.
///
/// Any number of `text` for every choice, the last of them with its finish reason; then one `usage`, if the request
/// asked for it. The stream itself ends with `[DONE]`, which is no chunk.
public struct CompletionChunkWriter: Sendable {
    private let frame: ReplyFrame
    private let ending: String
    private let includesUsage: Bool
    private let isPadded: Bool

    /// - Parameter isPadded: whether each chunk of a choice has random text (``StreamOptions/includeObfuscation``).
    public init(identity: ReplyIdentity, includesUsage: Bool, isPadded: Bool = false) {
        frame = ReplyFrame(identity, object: "text_completion")
        ending = includesUsage ? "],\"usage\":null" : "]"
        self.includesUsage = includesUsage
        self.isPadded = isPadded
    }

    /// A piece of a choice's text.
    ///
    /// - Parameters:
    ///   - logprobs: the tokens since the last chunk; nil if the request did not ask for them.
    ///   - finishReason: set in the last chunk of the choice, whose text may be empty.
    public func text(
        _ text: String, choice: Int, logprobs: CompletionLogprobs? = nil, finishReason: FinishReason? = nil
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: frame.opening.utf8.count + 256)
        writer.write(raw: frame.opening)
        writer.writeCompletionChoice(choice, text: text, logprobs: logprobs, finishReason: finishReason)
        writer.write(raw: ending)
        if isPadded { ChunkPadding.write(to: &writer) }
        writer.write(raw: "}")
        return writer.bytes
    }

    /// The chunk after the last choice; nil unless the request asked for the usage.
    public func usage(_ usage: Usage) -> [UInt8]? {
        guard includesUsage else { return nil }
        return frame.usageChunk(usage)
    }
}
