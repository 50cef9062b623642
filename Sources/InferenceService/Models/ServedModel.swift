/// A model that a server is told to serve.
public struct ServedModel: Sendable {
    /// The name that requests use.
    public var name: String
    /// Its GGUF file, or its folder of the form of Hugging Face.
    public var path: String
    /// Positions of one sequence; nil means what holds for all models of the server.
    public var contextLength: Int?
    /// Bytes of its key-value cache; nil means a share of the memory that the server's models have together.
    public var cacheByteCount: Int?

    public init(name: String, path: String, contextLength: Int? = nil, cacheByteCount: Int? = nil) {
        self.name = name
        self.path = path
        self.contextLength = contextLength
        self.cacheByteCount = cacheByteCount
    }
}

/// A second name of a served model.
public struct ModelAlias: Hashable, Sendable {
    public var name: String
    /// The name of the model that it stands for.
    public var model: String

    public init(name: String, model: String) {
        self.name = name
        self.model = model
    }
}
