import JSON

extension Shape {
    /// Whether a value has this shape's JSON type, whatever its range. An array is known by its first element.
    func admits(_ value: JSONValue) -> Bool {
        switch self {
        case .any: true
        case .boolean: value.boolValue != nil
        case .integer, .number: value.doubleValue != nil
        case .string, .characters, .choice, .identifier: value.stringValue != nil
        case .object, .map, .tokenMap, .tagged, .record: value.objectValue != nil
        case .either(let alternatives): alternatives.contains { $0.admits(value) }
        case .named(_, let shape): shape.admits(value)
        case .array(let element, _):
            switch value.arrayValue?.first {
            case .some(let first): element.admits(first)
            case .none: value.arrayValue != nil
            }
        }
    }

    /// The shape in the words of an error message.
    var noun: String {
        switch self {
        case .any: "any value"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string, .characters, .choice, .identifier: "a string"
        case .object, .map, .tokenMap, .tagged, .record: "an object"
        case .either(let alternatives): alternatives.map(\.noun).joined(separator: " or ")
        case .named(_, let shape): shape.noun
        case .array(let element, _): "an array of \(element.pluralNoun)"
        }
    }

    private var pluralNoun: String {
        switch self {
        case .any: "values"
        case .boolean: "booleans"
        case .integer: "integers"
        case .number: "numbers"
        case .string, .characters, .choice, .identifier: "strings"
        case .object, .map, .tokenMap, .tagged, .record: "objects"
        case .either(let alternatives): alternatives.map(\.pluralNoun).joined(separator: " or ")
        case .named(_, let shape): shape.pluralNoun
        case .array(let element, _): "arrays of \(element.pluralNoun)"
        }
    }
}
