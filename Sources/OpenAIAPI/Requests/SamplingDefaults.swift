import JSON

/// How tokens are chosen where a request doesn't say: the API's defaults, or what a model's makers recommend.
public struct SamplingDefaults: Hashable, Sendable {
    public var temperature: Double
    public var topP: Double
    /// Nil keeps all.
    public var topK: Int?
    public var minP: Double
    public var repetitionPenalty: Double

    /// Without any value, the API's own.
    public init(
        temperature: Double? = nil, topP: Double? = nil, topK: Int? = nil, minP: Double? = nil,
        repetitionPenalty: Double? = nil
    ) {
        self.temperature = temperature ?? 1
        self.topP = topP ?? 1
        self.topK = topK
        self.minP = minP ?? 0
        self.repetitionPenalty = repetitionPenalty ?? 1
    }

    func write(to writer: inout JSONWriter) {
        writer.write(raw: "{\"temperature\":")
        writer.write(temperature)
        writer.write(raw: ",\"top_p\":")
        writer.write(topP)
        writer.write(raw: ",\"top_k\":\(topK ?? 0),\"min_p\":")
        writer.write(minP)
        writer.write(raw: ",\"repetition_penalty\":")
        writer.write(repetitionPenalty)
        writer.write(raw: "}")
    }
}

extension SamplingOptions {
    /// The same, with a model's values for what the request leaves open.
    public func with(_ defaults: SamplingDefaults) -> SamplingOptions {
        var options = self
        if !given.contains("temperature") { options.temperature = defaults.temperature }
        if !given.contains("top_p") { options.topP = defaults.topP }
        if !given.contains("top_k") { options.topK = defaults.topK }
        if !given.contains("min_p") { options.minP = defaults.minP }
        if !given.contains("repetition_penalty") { options.repetitionPenalty = defaults.repetitionPenalty }
        return options
    }
}
