import JSON

/// A served model, as `GET /v1/models/{id}` shows it.
public struct Model: Hashable, Sendable {
    /// The name that requests use.
    public var id: String
    /// Seconds since 1970.
    public var created: Int
    public var ownedBy: String
    /// The longest context in tokens, under the name that other open-source servers use for it.
    public var contextLength: Int

    public init(id: String, created: Int, ownedBy: String, contextLength: Int) {
        self.id = id
        self.created = created
        self.ownedBy = ownedBy
        self.contextLength = contextLength
    }

    public var body: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout JSONWriter) {
        writer.write(raw: "{\"id\":")
        writer.write(id)
        writer.write(raw: ",\"object\":\"model\",\"created\":\(created),\"owned_by\":")
        writer.write(ownedBy)
        writer.write(raw: ",\"max_model_len\":\(contextLength)}")
    }
}

/// The reply of `GET /v1/models`.
public struct ModelList: Hashable, Sendable {
    public var models: [Model]

    public init(_ models: [Model]) {
        self.models = models
    }

    public var body: [UInt8] {
        var writer = JSONWriter()
        writer.write(raw: "{\"object\":\"list\",\"data\":")
        writer.writeArray(models) { writer, model in model.write(to: &writer) }
        writer.write(raw: "}")
        return writer.bytes
    }
}
