import JSON

/// The whole reply of `POST /v1/completions`.
public struct Completion: Hashable, Sendable {
    public struct Choice: Hashable, Sendable {
        /// The reply, after the prompt if that is echoed.
        public var text: String
        public var finishReason: FinishReason
        /// Nil if the request did not ask for them.
        public var logprobs: CompletionLogprobs?

        public init(text: String, finishReason: FinishReason, logprobs: CompletionLogprobs? = nil) {
            self.text = text
            self.finishReason = finishReason
            self.logprobs = logprobs
        }
    }

    public var identity: ReplyIdentity
    /// The choices of the first prompt, then those of the second, and so on; indices count through.
    public var choices: [Choice]
    public var usage: Usage

    public init(identity: ReplyIdentity, choices: [Choice], usage: Usage) {
        self.identity = identity
        self.choices = choices
        self.usage = usage
    }

    /// The reply's JSON text.
    public var body: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.write(raw: ReplyFrame(identity, object: "text_completion").opening)
        for (index, choice) in choices.enumerated() {
            if index > 0 { writer.write(raw: ",") }
            writer.writeCompletionChoice(
                index, text: choice.text, logprobs: choice.logprobs, finishReason: choice.finishReason)
        }
        writer.write(raw: "],\"usage\":")
        usage.write(to: &writer)
        writer.write(raw: "}")
        return writer.bytes
    }
}

extension JSONWriter {
    mutating func writeCompletionChoice(
        _ index: Int, text: String, logprobs: CompletionLogprobs?, finishReason: FinishReason?
    ) {
        write(raw: "{\"index\":")
        write(index)
        write(raw: ",\"text\":")
        write(text)
        write(raw: ",\"logprobs\":")
        if let logprobs { logprobs.write(to: &self) } else { write(raw: "null") }
        write(raw: ",\"finish_reason\":")
        write(finishReason)
        write(raw: "}")
    }
}
