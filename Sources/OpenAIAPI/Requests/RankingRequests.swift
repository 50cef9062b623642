public import JSON

/// The body of `POST /v1/rerank`, checked.
public struct RerankRequest: Hashable, Sendable {
    public var model: String
    public var query: String
    /// 1 to 2048 texts, some perhaps empty.
    public var documents: [String]
    /// How many results to return; nil for all.
    public var topN: Int?
    public var returnsDocuments: Bool
    public var options: TextTaskOptions

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.rerank.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.rerank.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.requiredString("model")
        query = arguments.requiredString("query")
        documents = arguments.array("documents").compactMap { $0.stringValue ?? $0["text"]?.stringValue }
        topN = arguments.optionalInteger("top_n")
        returnsDocuments = arguments.boolean("return_documents")
        options = try TextTaskOptions(arguments)
    }
}

/// The body of `POST /v1/score`, checked.
public struct ScoreRequest: Hashable, Sendable {
    /// Two texts to compare, and where the request holds them.
    public struct Pair: Hashable, Sendable {
        public var first: String
        public var second: String
        /// Such as `text_2[3]`.
        public var param: String

        public init(first: String, second: String, param: String) {
            self.first = first
            self.second = second
            self.param = param
        }
    }

    public var model: String
    /// 1 to 2048.
    public var pairs: [Pair]
    public var options: TextTaskOptions

    public init(parsing body: some Sequence<UInt8>) throws(APIError) {
        try self.init(RequestSchema.score.validate(parsing: body))
    }

    public init(_ body: JSONValue) throws(APIError) {
        try self.init(RequestSchema.score.validate(body))
    }

    private init(_ arguments: Arguments) throws(APIError) {
        model = arguments.requiredString("model")
        options = try TextTaskOptions(arguments)
        let (first, second) = (arguments.texts("text_1"), arguments.texts("text_2"))
        guard first.count == 1 || first.count == second.count else {
            throw .invalidValue(
                param: "text_1",
                "Invalid 'text_1': it must hold one text or as many as text_2 (\(second.count)), but holds \(first.count)."
            )
        }
        let isOne = arguments.string("text_2") != nil
        pairs = second.indices.map { index in
            Pair(
                first: first.count == 1 ? first[0] : first[index], second: second[index],
                param: isOne ? "text_2" : "text_2[\(index)]")
        }
    }
}

extension Arguments {
    /// The texts of a field that holds one or several; none if it is absent.
    func texts(_ name: String) -> [String] {
        switch self[name] {
        case .string(let text): [text]
        case .array(let elements): elements.compactMap(\.stringValue)
        default: []
        }
    }
}
