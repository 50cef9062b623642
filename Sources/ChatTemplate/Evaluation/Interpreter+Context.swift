import JSON
import OrderedCollections

extension Interpreter {
    /// A variable of the context by its name in templates.
    func contextValue(_ name: String) throws(TemplateError) -> Value? {
        if let json = context.modelVariables[name] { return try value(from: json, isTrusted: true) }
        if let json = context.extra[name] { return try value(from: json, isTrusted: false) }
        switch name {
        case "messages":
            return try list(try context.messages.map { (json) throws(TemplateError) in try message(json) })
        case "tools": return try optional(context.tools)
        case "documents": return try optional(context.documents)
        case "add_generation_prompt": return .boolean(context.addGenerationPrompt)
        case "bos_token": return .string(context.bosToken)
        case "eos_token": return .string(context.eosToken)
        default: return nil
        }
    }

    private func optional(_ elements: [JSONValue]?) throws(TemplateError) -> Value? {
        guard let elements else { return nil }
        return try value(from: .array(elements), isTrusted: false)
    }

    /// A message, in which a role of the closed set counts as trusted.
    private func message(_ json: JSONValue) throws(TemplateError) -> Value {
        let message = try value(from: json, isTrusted: false)
        guard case .dictionary(let members) = message, case .text(let role)? = members["role"],
            context.trustedRoles.contains(role.string)
        else { return message }
        var entries = members.entries
        entries[Key("role")] = .text(Text(bytes: role.bytes, isTrusted: true))
        return .dictionary(Mapping(entries))
    }

    private func value(
        from json: JSONValue, isTrusted: Bool, depth: Int = 1
    ) throws(TemplateError) -> Value {
        try check(depth: depth)
        switch json {
        case .null: return .none
        case .bool(let value): return .boolean(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .float(value)
        case .string(let value): return .text(Text(value, isTrusted: isTrusted))
        case .array(let elements):
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for element in elements {
                values.append(try value(from: element, isTrusted: isTrusted, depth: depth + 1))
            }
            return try list(values)
        case .object(let members):
            var entries = OrderedDictionary<Key, Value>(minimumCapacity: members.count)
            for (name, member) in members {
                let key = Key(Text(name, isTrusted: isTrusted))
                entries[key] = try value(from: member, isTrusted: isTrusted, depth: depth + 1)
            }
            return .dictionary(Mapping(entries))
        }
    }
}
