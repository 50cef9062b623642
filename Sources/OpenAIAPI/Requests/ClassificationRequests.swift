public import JSON

/// The body of `POST /v1/classify`, checked.
public struct ClassifyRequest: Hashable, Sendable {
    public var model: String
    /// 1 to 2048 inputs, none of them empty.
    public var inputs: [Prompt]
    public var options: TextTaskOptions

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.classify.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.classify.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.requiredString("model")
        inputs = Prompt.list(arguments["input"])
        options = try TextTaskOptions(arguments)
    }
}

/// The body of `POST /v1/fill-mask`, checked.
public struct FillMaskRequest: Hashable, Sendable {
    public var model: String
    /// 1 to 2048 texts, none of them empty.
    public var inputs: [String]
    /// Candidates to return for each mask.
    public var topK: Int
    /// The only candidates, spelled out; nil considers the whole vocabulary.
    public var targets: [String]?
    public var options: TextTaskOptions

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.fillMask.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.fillMask.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.requiredString("model")
        inputs = arguments.texts("input")
        topK = arguments.integer("top_k")
        targets = arguments["targets"] == nil ? nil : arguments.texts("targets")
        options = try TextTaskOptions(arguments)
    }
}
