import JSON

/// A served model or an alias of one, as `GET /v1/models/{id}` shows it.
public struct Model: Hashable, Sendable {
    /// What a model can be asked to do here.
    public struct Abilities: Hashable, Sendable {
        /// Answers conversations: its file has a chat template.
        public var chat: Bool
        /// Continues texts.
        public var completion: Bool
        /// Fills in a middle between a prompt and a suffix.
        public var infill: Bool
        /// Turns texts into vectors.
        public var embeddings: Bool
        /// Says how well two texts go together; what reranking needs.
        public var scoring: Bool
        /// Sorts texts into classes.
        public var classification: Bool
        /// Says what stands in a text's gaps.
        public var fillMask: Bool

        public init(
            chat: Bool = false, completion: Bool = false, infill: Bool = false, embeddings: Bool = false,
            scoring: Bool = false, classification: Bool = false, fillMask: Bool = false
        ) {
            self.chat = chat
            self.completion = completion
            self.infill = infill
            self.embeddings = embeddings
            self.scoring = scoring
            self.classification = classification
            self.fillMask = fillMask
        }
    }

    /// The name that requests use.
    public var id: String
    /// Seconds since 1970.
    public var created: Int
    public var ownedBy: String
    /// The longest context in tokens. Shown under two names, because clients of other open-source servers look for
    /// either.
    public var contextLength: Int
    public var abilities: Abilities
    /// How tokens are chosen where a request doesn't say; nil for models that generate none.
    public var samplingDefaults: SamplingDefaults?
    /// The model that an alias stands for; nil if this is none.
    public private(set) var parent: String?

    public init(
        id: String, created: Int, ownedBy: String, contextLength: Int, abilities: Abilities,
        samplingDefaults: SamplingDefaults? = nil
    ) {
        self.id = id
        self.created = created
        self.ownedBy = ownedBy
        self.contextLength = contextLength
        self.abilities = abilities
        self.samplingDefaults = samplingDefaults
    }

    /// The same model under another name.
    public func alias(named name: String) -> Model {
        var alias = self
        alias.id = name
        alias.parent = id
        return alias
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
        writer.write(raw: ",\"root\":")
        writer.write(parent ?? id)
        writer.write(raw: ",\"parent\":")
        if let parent { writer.write(parent) } else { writer.write(raw: "null") }
        writer.write(raw: ",\"max_model_len\":\(contextLength),\"context_window\":\(contextLength)")
        writer.write(raw: ",\"capabilities\":{\"chat\":\(abilities.chat),\"completion\":\(abilities.completion)")
        writer.write(raw: ",\"infill\":\(abilities.infill),\"embeddings\":\(abilities.embeddings)")
        writer.write(raw: ",\"rerank\":\(abilities.scoring),\"score\":\(abilities.scoring)")
        writer.write(raw: ",\"classify\":\(abilities.classification),\"fill_mask\":\(abilities.fillMask)}")
        writer.write(raw: ",\"sampling_defaults\":")
        if let samplingDefaults { samplingDefaults.write(to: &writer) } else { writer.write(raw: "null") }
        writer.write(raw: "}")
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
