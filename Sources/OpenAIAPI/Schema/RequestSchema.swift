import JSON

/// The table of an endpoint's request body.
///
/// To add a field, add its row here and read it in the request's initialiser; everything that can be wrong with a
/// single field follows from the row.
public struct RequestSchema: Sendable {
    /// The name under `components/schemas` in `openapi.yaml`.
    public let name: String
    public let fields: [Field]

    init(_ name: String, _ fields: [Field]) {
        self.name = name
        self.fields = fields
    }

    /// Every table there is, for documentation and its tests.
    public static let all: [RequestSchema] = [
        .chatCompletion, .completion, .embedding, .rerank, .score, .classify, .fillMask, .tokenize, .detokenize,
        .applyTemplate,
    ]

    /// How deep a request body may nest.
    public static let maximumDepth = 64

    /// Checks a body against the table.
    func validate(_ body: JSONValue) throws(APIError) -> Arguments {
        guard case .object(let members) = body else {
            throw .invalidValue(
                param: nil, code: "invalid_type",
                "The request body must be a JSON object, but it is \(body.kind.withArticle).")
        }
        var validator = Validator()
        try validator.check(members, fields)
        return Arguments(schema: self, members: members)
    }

    /// Reads a body's bytes and checks them against the table.
    func validate(parsing body: some Sequence<UInt8>) throws(APIError) -> Arguments {
        let value: JSONValue
        do throws(JSONParseError) {
            value = try JSONValue(parsing: body, limits: JSONLimits(depth: Self.maximumDepth))
        } catch {
            throw Self.refusal(of: error)
        }
        return try validate(value)
    }

    /// A number that no field can hold is the fault of its field, although the reader meets it before any table is
    /// looked at; everything else is the fault of the whole text.
    private static func refusal(of error: JSONParseError) -> APIError {
        let param = FieldPath(error.path).text
        switch error.reason {
        case .numberOutOfRange where !param.isEmpty, .notANumber where !param.isEmpty:
            return .invalidJSON("'\(param)' holds no finite number: \(error)", param: param)
        default: return .invalidJSON(error.description)
        }
    }
}
