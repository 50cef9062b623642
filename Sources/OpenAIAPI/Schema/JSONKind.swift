import JSON

/// The JSON type of a value, in the words of an error message.
enum JSONKind: String {
    case null
    case boolean
    case integer
    case number
    case string
    case array
    case object

    var withArticle: String {
        switch self {
        case .null: "null"
        case .array, .integer, .object: "an \(rawValue)"
        case .boolean, .number, .string: "a \(rawValue)"
        }
    }
}

extension JSONValue {
    var kind: JSONKind {
        switch self {
        case .null: .null
        case .bool: .boolean
        case .integer: .integer
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// Equality in which `0` and `0.0` are the same.
    func means(_ other: JSONValue) -> Bool {
        if let left = doubleValue, let right = other.doubleValue { return left == right }
        return self == other
    }
}
