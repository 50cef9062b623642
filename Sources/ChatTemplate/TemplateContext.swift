public import JSON
public import OrderedCollections

/// The variables that a template sees, and where each came from.
public struct TemplateContext: Sendable {
    /// The conversation. Untrusted.
    public var messages: [JSONValue]
    /// Tool definitions; without any the variable is undefined. A template that wants `none` instead, which is what
    /// transformers passes, gets it from a null in ``extra``. Untrusted.
    public var tools: [JSONValue]?
    /// Documents for retrieval; see ``tools``. Untrusted.
    public var documents: [JSONValue]?
    /// Whether the prompt should end with the opening of an assistant turn.
    public var addGenerationPrompt: Bool
    /// The model's own tokens, trusted: they are control tokens wherever the template prints them.
    public var bosToken: String
    public var eosToken: String
    /// Any other variables of the request, such as `enable_thinking`. They win over the variables above. Untrusted.
    public var extra: JSONObject
    /// Any other variables of the model, such as `unk_token`. Trusted; ``extra`` cannot replace them.
    public var modelVariables: JSONObject
    /// Values of a message's `role` that count as trusted, for templates that spell a control token around the role
    /// (`'<|' + message.role + '|>'`). Sound only for a closed set of words; empty by default.
    public var trustedRoles: Set<String>
    /// What `strftime_now` formats.
    public var now: CivilDateTime

    public init(
        messages: [JSONValue], tools: [JSONValue]? = nil, documents: [JSONValue]? = nil,
        addGenerationPrompt: Bool = true, bosToken: String = "", eosToken: String = "", extra: JSONObject = [:],
        modelVariables: JSONObject = [:], trustedRoles: Set<String> = [], now: CivilDateTime = .current()
    ) {
        self.messages = messages
        self.tools = tools
        self.documents = documents
        self.addGenerationPrompt = addGenerationPrompt
        self.bosToken = bosToken
        self.eosToken = eosToken
        self.extra = extra
        self.modelVariables = modelVariables
        self.trustedRoles = trustedRoles
        self.now = now
    }
}
