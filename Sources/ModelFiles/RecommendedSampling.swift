/// How a model's makers recommend to choose tokens. Nil where they say nothing.
///
/// Folders have it in `generation_config.json`, GGUF files under `general.sampling`. Whether they want sampling at all
/// (`do_sample`) isn't read: whoever sends a request to a server decides that with the temperature.
public struct RecommendedSampling: Sendable, Equatable {
    public var temperature: Double?
    public var topP: Double?
    /// At least 1; nil also where the files say that all tokens are kept.
    public var topK: Int?
    public var minP: Double?
    public var repetitionPenalty: Double?

    public init(
        temperature: Double? = nil, topP: Double? = nil, topK: Int? = nil, minP: Double? = nil,
        repetitionPenalty: Double? = nil
    ) {
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.minP = minP
        self.repetitionPenalty = repetitionPenalty
    }

    /// - Parameter number: What the files say under the name of a setting, which must be in a range.
    init(
        _ number: (Setting, ClosedRange<Double>) throws(ModelFileError) -> Double?
    ) throws(ModelFileError) {
        temperature = try number(.temperature, 0...100)
        topP = try number(.topP, 0...1)
        topK = try number(.topK, -1...1e9).flatMap { $0 >= 1 ? Int($0) : nil }
        minP = try number(.minP, 0...1)
        repetitionPenalty = try number(.repetitionPenalty, 0.01...100)
    }

    /// What can be recommended.
    enum Setting {
        case temperature
        case topP
        case topK
        case minP
        case repetitionPenalty

        var checkpointKey: String {
            switch self {
            case .temperature: "temperature"
            case .topP: "top_p"
            case .topK: "top_k"
            case .minP: "min_p"
            case .repetitionPenalty: "repetition_penalty"
            }
        }

        var ggufKey: String {
            switch self {
            case .temperature: "general.sampling.temp"
            case .topP: "general.sampling.top_p"
            case .topK: "general.sampling.top_k"
            case .minP: "general.sampling.min_p"
            case .repetitionPenalty: "general.sampling.penalty_repeat"
            }
        }
    }
}

extension RecommendedSampling {
    /// The keys that say this in a GGUF file.
    public var ggufEntries: [(key: String, value: GGUFValue)] {
        var entries: [(key: String, value: GGUFValue)] = []
        let numbers: [(Setting, Double?)] = [
            (.temperature, temperature), (.topP, topP), (.minP, minP), (.repetitionPenalty, repetitionPenalty),
        ]
        for case (let setting, let number?) in numbers { entries.append((setting.ggufKey, .float32(Float(number)))) }
        if let topK { entries.append((Setting.topK.ggufKey, .int32(Int32(clamping: topK)))) }
        return entries
    }
}

extension ModelSource {
    /// What the model's files recommend.
    ///
    /// - Throws: ``ModelFileError`` that names a value of the wrong type or out of its range.
    public func recommendedSampling() throws(ModelFileError) -> RecommendedSampling {
        switch self {
        case .checkpoint(let checkpoint): return checkpoint.generation.sampling
        case .gguf(let file):
            return try RecommendedSampling { (setting, range) throws(ModelFileError) in
                let key = setting.ggufKey, metadata = file.metadata
                let number =
                    setting == .topK
                    ? try metadata.integer(ifPresent: key).map(Double.init)
                    // 0.6 and not the single float's 0.60000002: people will read it.
                    : try metadata.float(ifPresent: key).flatMap { Double("\($0)") }
                guard let number else { return nil }
                guard range.contains(number) else { throw .outside(range, key: key) }
                return number
            }
        }
    }
}

extension ModelFileError {
    static func outside(_ range: ClosedRange<Double>, key: String) -> ModelFileError {
        .invalidValue(key: key, reason: "isn't a number between \(range.lowerBound) and \(range.upperBound)")
    }
}
