import JSON
import OpenAIAPI
import OrderedCollections

/// Which variables a request may hand to a chat template.
///
/// A template is a program, and its variables are its input: only names that published templates know as switches, and
/// only plain values, so that no request replaces the conversation or feeds the template something large.
enum TemplateVariables {
    private static let allowed: Set<String> = [
        "add_thoughts", "builtin_tools", "clear_thinking", "custom_instructions", "date_string", "enable_thinking",
        "keep_all_reasoning", "model_identity", "preserve_thinking", "reasoning_effort", "strip_thinking",
        "system_message", "thinking", "thinking_budget", "thinking_mode", "tools_in_user_message", "xml_tools",
    ]

    static func check(_ variables: JSONObject) throws(APIError) {
        for (name, value) in variables {
            let param = "chat_template_kwargs.\(name)"
            guard allowed.contains(name) else {
                throw .invalidValue(
                    param: param, code: "unsupported_parameter",
                    "Unsupported chat template variable '\(name)'. Allowed are: \(allowed.sorted().joined(separator: ", "))."
                )
            }
            switch value {
            case .null, .bool, .integer, .number: continue
            case .string(let text) where text.utf8.count <= 4096: continue
            case .array(let elements) where elements.count <= 64 && elements.allSatisfy({ $0.stringValue != nil }):
                continue
            default:
                throw .invalidValue(
                    param: param,
                    "Invalid '\(param)': it must be a truth value, a number, a short text or a list of texts.")
            }
        }
    }
}
