public import JSON

/// The body of `POST /v1/chat/completions`, checked.
public struct ChatCompletionRequest: Sendable {
    public var model: String
    public var conversation: Conversation
    public var sampling: SamplingOptions
    public var stopping: StoppingOptions
    public var service: ServiceOptions
    /// Nil for a whole reply.
    public var stream: StreamOptions?
    /// Replies to generate.
    public var choices: Int
    /// Nil for none; otherwise how many alternatives, 0...20, to list beside each token.
    public var logprobs: Int?

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.chatCompletion.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.chatCompletion.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.requiredString("model")
        conversation = try Conversation(arguments)
        sampling = SamplingOptions(arguments)
        stopping = try StoppingOptions(arguments, limit: Self.limit(arguments))
        service = ServiceOptions(arguments)
        stream = try StreamOptions(arguments)
        choices = arguments.integer("n")
        logprobs = try Self.logprobs(arguments)
    }

    private static func limit(_ arguments: Arguments) throws(APIError) -> TokenLimit? {
        let newer = TokenLimit(arguments, "max_completion_tokens")
        let older = TokenLimit(arguments, "max_tokens")
        if let newer, let older, newer.count != older.count {
            throw .invalidValue(
                param: "max_tokens",
                "'max_tokens' is the older name of 'max_completion_tokens'; they must not differ in one request.")
        }
        return newer ?? older
    }

    private static func logprobs(_ arguments: Arguments) throws(APIError) -> Int? {
        let alternatives = arguments.optionalInteger("top_logprobs")
        guard arguments.boolean("logprobs") else {
            if let alternatives, alternatives > 0 {
                throw .invalidValue(
                    param: "top_logprobs", "The 'top_logprobs' parameter needs 'logprobs' to be true.")
            }
            return nil
        }
        return alternatives ?? 0
    }
}
