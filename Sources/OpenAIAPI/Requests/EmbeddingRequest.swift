public import JSON

/// The body of `POST /v1/embeddings`, checked.
public struct EmbeddingRequest: Hashable, Sendable {
    public enum Encoding: String, Hashable, Sendable {
        case float
        case base64
    }

    public var model: String
    /// 1 to 2048 inputs, none of them empty.
    public var inputs: [Prompt]
    public var encoding: Encoding
    /// Nil for vectors of the model's own length.
    public var dimensions: Int?
    public var options: TextTaskOptions

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.embedding.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.embedding.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.requiredString("model")
        inputs = Prompt.list(arguments["input"])
        encoding = arguments["encoding_format"]?.stringValue.flatMap(Encoding.init) ?? .float
        dimensions = arguments.optionalInteger("dimensions")
        options = try TextTaskOptions(arguments)
    }
}
