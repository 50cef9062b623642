import JSON

/// The chat templates of a checkpoint, by name.
///
/// Newer folders have `chat_template.jinja`, older ones `chat_template.json` or a member of `tokenizer_config.json`,
/// which is one template or a list of named ones. Where there are several, the file of its own wins, as in
/// transformers.
public struct ChatTemplates: Sendable, Equatable {
    /// The template for conversations; nil when the model isn't made for them.
    public let main: String?
    /// Others by name, such as `tool_use` and `rag`.
    public let named: [String: String]

    init(_ folder: CheckpointFolder, tokenizerConfiguration: JSONValue?) throws(ModelFileError) {
        let settings = tokenizerConfiguration?["chat_template"]
        var templates = try Self.listed(settings)
        if let processor = try folder.json("chat_template.json")?["chat_template"] {
            templates.merge(try Self.listed(processor)) { $1 }
        }
        if let text = try folder.text("chat_template.jinja", limit: CheckpointLimits.templateByteCount) {
            templates["default"] = text
        }
        main = templates.removeValue(forKey: "default")
        named = templates
    }

    private static func listed(_ value: JSONValue?) throws(ModelFileError) -> [String: String] {
        switch value {
        case nil, .null?: return [:]
        case .string(let text)?: return ["default": text]
        case .array(let entries)?:
            var templates: [String: String] = [:]
            for entry in entries {
                guard let name = entry["name"]?.stringValue, let text = entry["template"]?.stringValue else {
                    throw .malformed(field: "chat_template", reason: "an entry without 'name' and 'template'")
                }
                templates[name] = text
            }
            return templates
        default:
            throw .malformed(field: "chat_template", reason: "is neither a text nor a list of named ones")
        }
    }
}
