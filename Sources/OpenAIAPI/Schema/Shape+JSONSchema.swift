public import JSON
public import OrderedCollections

extension Shape {
    /// The shape in JSON Schema 2020-12, as OpenAPI 3.1 uses it.
    var jsonSchema: JSONObject {
        switch self {
        case .any: [:]
        case .boolean: ["type": "boolean"]
        case .integer(let range): Self.integerSchema(range)
        case .number(let range):
            ["type": "number", "minimum": .plain(range.lowerBound), "maximum": .plain(range.upperBound)]
        case .string(let bytes): Self.stringSchema(bytes)
        case .characters(let count): Self.stringSchema(count)
        case .choice(let choices): ["type": "string", "enum": .array(choices.map { .string($0) })]
        case .identifier: ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"]
        case .array(let element, let count): Self.arraySchema(element, count)
        case .object(let fields): fields.jsonSchema()
        case .map(let element, let keyCharacters, let count):
            Self.mapSchema(element, count, names: Self.stringSchema(keyCharacters))
        case .tokenMap(let element, let count):
            Self.mapSchema(
                element, count, names: ["pattern": .string("^(\(Self.decimalPattern(upTo: Int(Int32.max))))$")])
        case .tagged(let tag, let variants): Self.taggedSchema(tag, variants)
        case .either(let alternatives): ["anyOf": .array(alternatives.map { .object($0.jsonSchema) })]
        case .named(let name, _): ["$ref": .string("#/components/schemas/\(name)")]
        case .record: ["type": "object"]
        }
    }

    /// The named shapes inside this one, itself included.
    fileprivate var definitions: [(name: String, shape: Shape)] {
        switch self {
        case .named(let name, let shape): [(name, shape)] + shape.definitions
        case .array(let element, _), .map(let element, _, _), .tokenMap(let element, _): element.definitions
        case .object(let fields): fields.flatMap(\.shape.definitions)
        case .tagged(_, let variants): variants.flatMap { $0.fields.flatMap(\.shape.definitions) }
        case .either(let alternatives): alternatives.flatMap(\.definitions)
        default: []
        }
    }

    /// Bounds that no integer can pass are left out.
    private static func integerSchema(_ range: ClosedRange<Int>) -> JSONObject {
        var schema: JSONObject = ["type": "integer"]
        if range.lowerBound > Int.min { schema["minimum"] = .integer(range.lowerBound) }
        if range.upperBound < Int.max { schema["maximum"] = .integer(range.upperBound) }
        if range == Int.min...Int.max { schema["format"] = "int64" }
        return schema
    }

    /// JSON Schema counts characters where the table counts bytes: its bounds are the necessary ones.
    private static func stringSchema(_ bytes: ClosedRange<Int>) -> JSONObject {
        var schema: JSONObject = ["type": "string"]
        if bytes.lowerBound > 0 { schema["minLength"] = 1 }
        if bytes.upperBound < Int(Int32.max) { schema["maxLength"] = .integer(bytes.upperBound) }
        return schema
    }

    /// A regular expression for the whole numbers from 0 to a bound, in decimal and without leading zeros.
    static func decimalPattern(upTo bound: Int) -> String {
        let digits = String(bound).map { Int(String($0)) ?? 0 }
        func range(_ first: Int, _ last: Int) -> String { first == last ? "\(first)" : "[\(first)-\(last)]" }
        func any(_ count: Int) -> String { count == 0 ? "" : count == 1 ? "[0-9]" : "[0-9]{\(count)}" }
        var alternatives = ["0"]
        // Fewer digits than the bound has.
        if digits.count > 1 { alternatives.append("[1-9]" + (digits.count > 2 ? "[0-9]{0,\(digits.count - 2)}" : "")) }
        // As many: the same up to some place, and less at that place.
        for place in digits.indices {
            let least = place == 0 ? 1 : 0
            guard digits[place] > least else { continue }
            let start = digits[..<place].map(String.init).joined()
            alternatives.append(start + range(least, digits[place] - 1) + any(digits.count - place - 1))
        }
        if bound > 0 { alternatives.append(String(bound)) }
        return alternatives.joined(separator: "|")
    }

    private static func arraySchema(_ element: Shape, _ count: ClosedRange<Int>) -> JSONObject {
        var schema: JSONObject = ["type": "array", "items": .object(element.jsonSchema)]
        if count.lowerBound > 0 { schema["minItems"] = .integer(count.lowerBound) }
        if count.upperBound < Int(Int32.max) { schema["maxItems"] = .integer(count.upperBound) }
        return schema
    }

    private static func mapSchema(_ element: Shape, _ count: ClosedRange<Int>, names: JSONObject) -> JSONObject {
        [
            "type": "object", "propertyNames": .object(names), "maxProperties": .integer(count.upperBound),
            "additionalProperties": .object(element.jsonSchema),
        ]
    }

    private static func taggedSchema(_ tag: String, _ variants: [Variant]) -> JSONObject {
        let accepted = variants.filter { if case .rejected = $0.effect { false } else { true } }
        let schemas = accepted.map { $0.fields.jsonSchema(tag: tag, value: $0.tag, summary: $0.summary) }
        if schemas.count == 1, let only = schemas.first { return only }
        return ["oneOf": .array(schemas.map { .object($0) })]
    }
}

extension [Field] {
    /// The object schema of these rows. Rows that are always refused are not part of it.
    func jsonSchema(tag: String? = nil, value: String? = nil, summary: String = "") -> JSONObject {
        var properties: JSONObject = [:]
        var required: [JSONValue] = []
        if let tag, let value {
            properties[tag] = ["type": "string", "const": .string(value)]
            required.append(.string(tag))
        }
        for field in self {
            guard let schema = field.jsonSchema else { continue }
            properties[field.name] = .object(schema)
            if field.isRequired { required.append(.string(field.name)) }
        }
        var schema: JSONObject = ["type": "object"]
        if !summary.isEmpty { schema["description"] = .string(summary) }
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["properties"] = .object(properties)
        schema["additionalProperties"] = false
        return schema
    }
}

extension Field {
    /// Nil for a row that is always refused.
    fileprivate var jsonSchema: JSONObject? {
        var schema: JSONObject
        var note = summary
        switch effect {
        case .honoured: schema = shape.jsonSchema
        case .accepted(let reason):
            schema = shape.jsonSchema
            note = "Has no effect. " + reason
        case .rejected(let reason, let harmless):
            guard !harmless.isEmpty else { return nil }
            schema = ["enum": .array(harmless)]
            note = "Only this value is supported. " + reason
            if harmless.count > 1 { note = "Only these values are supported. " + reason }
        }
        if !isRequired { schema = schema.orNull }
        if let defaultValue { schema["default"] = defaultValue }
        if !note.isEmpty { schema["description"] = .string(note) }
        return schema
    }
}

extension JSONObject {
    /// The schema, with null allowed as another way to leave a field out.
    fileprivate var orNull: JSONObject {
        var schema = self
        if let values = schema["enum"]?.arrayValue { schema["enum"] = .array(values + [.null]) }
        if let type = schema["type"] {
            schema["type"] = .array([type, "null"])
        } else if let alternatives = schema["anyOf"]?.arrayValue {
            schema["anyOf"] = .array(alternatives + [["type": "null"]])
        } else if let alternatives = schema["oneOf"]?.arrayValue {
            schema["oneOf"] = .array(alternatives + [["type": "null"]])
        } else if let reference = schema.removeValue(forKey: "$ref") {
            schema["anyOf"] = [["$ref": reference], ["type": "null"]]
        }
        return schema
    }
}

extension JSONValue {
    /// A number without a needless fraction: 2 rather than 2.0.
    fileprivate static func plain(_ value: Double) -> JSONValue {
        Int(exactly: value).map { .integer($0) } ?? .number(value)
    }
}

extension RequestSchema {
    /// The table as JSON Schema, for `components/schemas` of `openapi.yaml`.
    ///
    /// It says what one field may hold; conditions between fields are in their descriptions.
    public var jsonSchema: JSONValue { .object(fields.jsonSchema()) }

    /// Everything that the tables say for `components/schemas`: their own schemas, and those that they share.
    public static var components: JSONObject {
        var components: JSONObject = [:]
        for schema in all { components[schema.name] = schema.jsonSchema }
        for (name, shape) in namedShapes { components[name] = .object(shape.jsonSchema) }
        return components
    }

    /// The shapes that tables share under a name, each once.
    public static var namedShapes: [(name: String, shape: Shape)] {
        var names: Set<String> = []
        return all.flatMap { $0.fields.flatMap(\.shape.definitions) }.filter { names.insert($0.name).inserted }
    }
}
