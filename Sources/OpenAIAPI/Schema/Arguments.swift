import JSON
import OrderedCollections

/// A body that has passed its table: null and absence are one, and defaults are filled in.
///
/// INVARIANT: the accessors without an optional result trap only if the *table* has no default for the field or
/// another type than the one asked for. Every request reads every such field, so one test of each endpoint finds it;
/// no body can cause it.
struct Arguments {
    let schema: RequestSchema
    let members: JSONObject

    /// The field's value, its default, or nil.
    subscript(name: String) -> JSONValue? {
        if let value = members[name], !value.isNull { return value }
        guard let field = schema.fields.first(where: { $0.name == name }) else {
            preconditionFailure("\(schema.name) has no field \(name)")
        }
        return field.defaultValue
    }

    /// Whether the body itself says something.
    func isGiven(_ name: String) -> Bool { members[name].map { !$0.isNull } ?? false }

    func string(_ name: String) -> String? { self[name]?.stringValue }
    func optionalInteger(_ name: String) -> Int? { self[name]?.integerValue }
    func optionalBoolean(_ name: String) -> Bool? { self[name]?.boolValue }
    func optionalNumber(_ name: String) -> Double? { self[name]?.doubleValue }

    func requiredString(_ name: String) -> String { present(string(name), name) }
    func boolean(_ name: String) -> Bool { present(optionalBoolean(name), name) }
    func integer(_ name: String) -> Int { present(optionalInteger(name), name) }
    func number(_ name: String) -> Double { present(optionalNumber(name), name) }
    func array(_ name: String) -> [JSONValue] { present(self[name]?.arrayValue, name) }

    /// The whole numbers of an array of them, empty if the field is absent.
    func integers(_ name: String) -> [Int] { (self[name]?.arrayValue ?? []).compactMap(\.integerValue) }

    private func present<Value>(_ value: Value?, _ name: String) -> Value {
        guard let value else { preconditionFailure("\(schema.name) gives no default for \(name)") }
        return value
    }
}
