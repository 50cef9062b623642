import JSON
import OrderedCollections

/// Turns checked messages into the form that chat templates are written for.
///
/// Templates come from a world where content is a string, `developer` is unknown, arguments of a call are an object
/// (printed with `tojson`), and a test such as `tool_calls is defined` means that there are some.
enum ChatMessages {
    /// - Parameter messages: messages that the table has accepted.
    /// - Returns: the same messages with
    ///   - members that are null left out, `content` excepted,
    ///   - parts of text joined by newlines,
    ///   - `developer` called `system`, and `function` called `tool`,
    ///   - `function_call` as one of `tool_calls`, and arguments that are JSON objects as objects.
    /// - Throws: 400 for an assistant's message that says nothing.
    static func forTemplate(_ messages: [JSONValue]) throws(APIError) -> [JSONValue] {
        var result: [JSONValue] = []
        result.reserveCapacity(messages.count)
        for (index, message) in messages.enumerated() {
            let members = normalized(message.objectValue ?? [:])
            if members["role"] == "assistant", members["content"]?.isNull ?? true, members["tool_calls"] == nil {
                let param = "messages[\(index)].content"
                throw .invalidValue(
                    param: param, code: "missing_required_parameter",
                    "Missing required parameter: '\(param)'. Only a message that calls functions may have no content.")
            }
            result.append(.object(members))
        }
        return result
    }

    private static func normalized(_ message: JSONObject) -> JSONObject {
        var members = message.filter { !$0.value.isNull || $0.key == "content" }
        switch members["role"] {
        case "developer": members["role"] = "system"
        case "function": members["role"] = "tool"
        default: break
        }
        members["content"] = members["content"].map(joined) ?? members["refusal"]
        members.removeValue(forKey: "annotations")
        if let call = members.removeValue(forKey: "function_call"), members["tool_calls"] == nil {
            members["tool_calls"] = [["type": "function", "function": call]]
        }
        if let calls = members["tool_calls"]?.arrayValue {
            members["tool_calls"] = .array(calls.map(normalizedCall))
            if calls.isEmpty { members.removeValue(forKey: "tool_calls") }
        }
        return members
    }

    /// Content as one string; null stays null.
    private static func joined(_ content: JSONValue) -> JSONValue {
        guard let parts = content.arrayValue else { return content }
        let texts = parts.compactMap { $0["text"]?.stringValue ?? $0["refusal"]?.stringValue }
        return .string(texts.joined(separator: "\n"))
    }

    private static func normalizedCall(_ call: JSONValue) -> JSONValue {
        guard var members = call.objectValue, var function = members["function"]?.objectValue else { return call }
        if let arguments = function["arguments"]?.stringValue { function["arguments"] = parsed(arguments) }
        members["function"] = .object(function)
        return .object(members)
    }

    /// A model may have written arguments that are no JSON; those stay what they are, a string.
    private static func parsed(_ arguments: String) -> JSONValue {
        if arguments.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return [:] }
        let limits = JSONLimits(depth: RequestSchema.maximumDepth)
        guard let value = try? JSONValue(parsing: arguments, limits: limits), value.objectValue != nil else {
            return .string(arguments)
        }
        return value
    }
}
