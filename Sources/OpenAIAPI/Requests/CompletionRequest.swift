public import JSON

/// A prompt as the caller gave it.
public enum Prompt: Hashable, Sendable {
    case text(String)
    /// At least one id, none of them known to exist in the model yet.
    case tokens([Int])
}

/// The body of `POST /v1/completions`, checked.
public struct CompletionRequest: Sendable {
    public var model: String
    /// 1 to 2048 prompts. A text may be empty.
    public var prompts: [Prompt]
    public var sampling: SamplingOptions
    /// `maxTokens` is always set here, 0 included.
    public var stopping: StoppingOptions
    public var service: ServiceOptions
    /// Nil for a whole reply.
    public var stream: StreamOptions?
    /// Replies to return for each prompt.
    public var choicesPerPrompt: Int
    /// Replies to generate for each prompt; never fewer than `choicesPerPrompt`.
    public var candidatesPerPrompt: Int
    public var echo: Bool
    /// Nil for none; otherwise how many alternatives, 0...5, to list beside each token.
    public var logprobs: Int?

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.completion.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.completion.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.requiredString("model")
        prompts = Self.prompts(arguments["prompt"])
        sampling = SamplingOptions(arguments)
        stopping = try StoppingOptions(arguments, maxTokens: arguments.integer("max_tokens"))
        service = ServiceOptions(arguments)
        stream = try StreamOptions(arguments)
        choicesPerPrompt = arguments.integer("n")
        candidatesPerPrompt = arguments.optionalInteger("best_of") ?? choicesPerPrompt
        echo = arguments.boolean("echo")
        logprobs = arguments.optionalInteger("logprobs")
        try checkCandidates()
    }

    private func checkCandidates() throws(APIError) {
        guard candidatesPerPrompt >= choicesPerPrompt else {
            throw .invalidValue(
                param: "best_of",
                "Invalid 'best_of': it must not be less than n (\(choicesPerPrompt)), but is \(candidatesPerPrompt).")
        }
        if stream != nil, candidatesPerPrompt > choicesPerPrompt {
            throw .invalidValue(
                param: "best_of",
                "Invalid 'best_of': the best replies are known only at the end and cannot be streamed.")
        }
    }

    private static func prompts(_ value: JSONValue?) -> [Prompt] {
        switch value {
        case .string(let text): return [.text(text)]
        case .array(let elements):
            if elements.first?.integerValue != nil { return [.tokens(elements.compactMap(\.integerValue))] }
            return elements.compactMap { element in
                switch element {
                case .string(let text): .text(text)
                case .array(let tokens): .tokens(tokens.compactMap(\.integerValue))
                default: nil
                }
            }
        default: return []
        }
    }
}
