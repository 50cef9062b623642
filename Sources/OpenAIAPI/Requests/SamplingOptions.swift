import JSON
import OrderedCollections

/// How the next token is chosen, as the request asks for it and within the ranges of the table.
public struct SamplingOptions: Hashable, Sendable {
    /// 0...2; 0 means greedy.
    public var temperature: Double
    /// 0...1; 1 keeps all.
    public var topP: Double
    /// Nil keeps all, otherwise at least 1.
    public var topK: Int?
    /// 0...1; 0 keeps all.
    public var minP: Double
    /// 0...1; 1 keeps all.
    public var typicalP: Double
    /// 1 changes nothing.
    public var repetitionPenalty: Double
    public var presencePenalty: Double
    public var frequencyPenalty: Double
    /// Token ids, at most 1024 of them, with what is added to their logits (-100...100). The ids are not yet known
    /// to exist in the model.
    public var logitBias: [Int: Double]
    /// Nil leaves the choice of random numbers to the server.
    public var seed: Int?
    /// The fields that the request names, of those that a model may have defaults for.
    let given: Set<String>

    init(_ arguments: Arguments) {
        given = Set(["temperature", "top_p", "top_k", "min_p", "repetition_penalty"].filter(arguments.isGiven))
        temperature = arguments.number("temperature")
        topP = arguments.number("top_p")
        let topK = arguments.integer("top_k")
        self.topK = topK > 0 ? topK : nil
        minP = arguments.number("min_p")
        typicalP = arguments.number("typical_p")
        repetitionPenalty = arguments.number("repetition_penalty")
        presencePenalty = arguments.number("presence_penalty")
        frequencyPenalty = arguments.number("frequency_penalty")
        logitBias = [:]
        for (name, bias) in arguments["logit_bias"]?.objectValue ?? [:] {
            if let key = TokenKey(name), let bias = bias.doubleValue { logitBias[key.token] = bias }
        }
        seed = arguments.optionalInteger("seed")
    }
}
