public import JSON

/// The body of `POST /tokenize`, checked.
public struct TokenizeRequest: Hashable, Sendable {
    /// Nil stands for the only model.
    public var model: String?
    public var content: String
    /// Whether to add the control tokens with which the model expects a text to begin or end.
    public var addsSpecialTokens: Bool
    /// Whether spellings of control tokens in the text become those tokens.
    public var parsesSpecialTokens: Bool
    /// Whether the reply shows each token's text.
    public var withPieces: Bool

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        self.init(try RequestSchema.tokenize.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        self.init(try RequestSchema.tokenize.validate(body))
    }

    private init(_ arguments: Arguments) {
        model = arguments.string("model")
        content = arguments.requiredString("content")
        addsSpecialTokens = arguments.boolean("add_special")
        parsesSpecialTokens = arguments.boolean("parse_special")
        withPieces = arguments.boolean("with_pieces")
    }
}

/// The body of `POST /detokenize`, checked.
public struct DetokenizeRequest: Hashable, Sendable {
    /// Nil stands for the only model.
    public var model: String?
    /// Ids that are not yet known to exist in the model.
    public var tokens: [Int]

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        self.init(try RequestSchema.detokenize.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        self.init(try RequestSchema.detokenize.validate(body))
    }

    private init(_ arguments: Arguments) {
        model = arguments.string("model")
        tokens = arguments.integers("tokens")
    }
}

/// The body of `POST /apply-template`, checked.
public struct ApplyTemplateRequest: Sendable {
    /// Nil stands for the only model.
    public var model: String?
    public var conversation: Conversation

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.applyTemplate.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.applyTemplate.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.string("model")
        conversation = try Conversation(arguments)
    }
}
