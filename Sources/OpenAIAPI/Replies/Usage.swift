import JSON

/// The tokens that a request has used, summed over all its prompts and choices.
public struct Usage: Hashable, Sendable {
    public var promptTokens: Int
    /// Prompt tokens whose computation was found in the prefix cache; part of `promptTokens`.
    public var cachedTokens: Int
    public var completionTokens: Int

    public init(promptTokens: Int = 0, cachedTokens: Int = 0, completionTokens: Int = 0) {
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.completionTokens = completionTokens
    }

    public static func + (left: Usage, right: Usage) -> Usage {
        Usage(
            promptTokens: left.promptTokens + right.promptTokens,
            cachedTokens: left.cachedTokens + right.cachedTokens,
            completionTokens: left.completionTokens + right.completionTokens)
    }

    public static func += (left: inout Usage, right: Usage) { left = left + right }

    func write(to writer: inout JSONWriter) {
        writer.write(raw: "{\"prompt_tokens\":")
        writer.write(promptTokens)
        writer.write(raw: ",\"completion_tokens\":")
        writer.write(completionTokens)
        writer.write(raw: ",\"total_tokens\":")
        writer.write(promptTokens + completionTokens)
        writer.write(raw: ",\"prompt_tokens_details\":{\"cached_tokens\":")
        writer.write(cachedTokens)
        writer.write(raw: ",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,")
        writer.write(
            raw: "\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}")
    }
}
