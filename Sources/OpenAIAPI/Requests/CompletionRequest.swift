public import JSON

/// The body of `POST /v1/completions`, checked.
public struct CompletionRequest: Sendable {
    public var model: String
    /// 1 to 2048 prompts. A text may be empty.
    public var prompts: [Prompt]
    public var sampling: SamplingOptions
    /// The limit is always set here, perhaps to 0.
    public var stopping: StoppingOptions
    public var service: ServiceOptions
    /// Nil for a whole reply.
    public var stream: StreamOptions?
    /// Replies to return for each prompt.
    public var choicesPerPrompt: Int
    /// Replies to generate for each prompt; never fewer than `choicesPerPrompt`.
    public var candidatesPerPrompt: Int
    public var echo: Bool
    /// The text after the gap that the model fills; nil for a plain continuation.
    public var suffix: String?
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
        prompts = Prompt.list(arguments["prompt"])
        sampling = SamplingOptions(arguments)
        stopping = try StoppingOptions(arguments, limit: TokenLimit(arguments, "max_tokens"))
        service = ServiceOptions(arguments)
        stream = try StreamOptions(arguments)
        choicesPerPrompt = arguments.integer("n")
        candidatesPerPrompt = arguments.optionalInteger("best_of") ?? choicesPerPrompt
        echo = arguments.boolean("echo")
        logprobs = arguments.optionalInteger("logprobs")
        suffix = arguments.string("suffix").flatMap { $0.isEmpty ? nil : $0 }
        try checkCandidates()
        if suffix != nil, echo {
            throw .invalidValue(
                param: "echo", "Invalid 'echo': with a 'suffix' the reply stands between two texts, and is sent alone.")
        }
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
}
