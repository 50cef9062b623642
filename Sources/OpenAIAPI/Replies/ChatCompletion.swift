import JSON

/// The whole reply of `POST /v1/chat/completions`.
public struct ChatCompletion: Hashable, Sendable {
    public struct Choice: Hashable, Sendable {
        public var content: String
        public var finishReason: FinishReason
        /// Nil if the request did not ask for them.
        public var logprobs: [TokenLogprob]?

        public init(content: String, finishReason: FinishReason, logprobs: [TokenLogprob]? = nil) {
            self.content = content
            self.finishReason = finishReason
            self.logprobs = logprobs
        }
    }

    public var identity: ReplyIdentity
    /// In the order of their indices, from 0.
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
        writer.write(raw: ReplyFrame(identity, object: "chat.completion").opening)
        for (index, choice) in choices.enumerated() {
            writer.write(
                raw: "\(index > 0 ? "," : ""){\"index\":\(index),\"message\":{\"role\":\"assistant\",\"content\":")
            writer.write(choice.content)
            writer.write(raw: ",\"refusal\":null},\"logprobs\":")
            ChatLogprobs.write(choice.logprobs, to: &writer)
            writer.write(raw: ",\"finish_reason\":")
            writer.write(choice.finishReason)
            writer.write(raw: "}")
        }
        writer.write(raw: "],\"usage\":")
        usage.write(to: &writer)
        writer.write(raw: "}")
        return writer.bytes
    }
}
