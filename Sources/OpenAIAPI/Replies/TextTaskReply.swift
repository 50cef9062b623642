import JSON

/// What the replies of `/v1/score`, `/v1/classify` and `/v1/fill-mask` have around their data.
public struct TextTaskReply: Hashable, Sendable {
    public var id: String
    /// Seconds since 1970.
    public var created: Int
    public var model: String
    public var data: TextTaskData
    public var promptTokens: Int

    public init(id: String, created: Int, model: String, data: TextTaskData, promptTokens: Int) {
        self.id = id
        self.created = created
        self.model = model
        self.data = data
        self.promptTokens = promptTokens
    }

    public var body: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.write(raw: "{\"id\":")
        writer.write(id)
        writer.write(raw: ",\"object\":\"list\",\"created\":\(created),\"model\":")
        writer.write(model)
        writer.write(raw: ",\"data\":")
        data.write(to: &writer)
        writer.write(raw: ",\"usage\":{\"prompt_tokens\":\(promptTokens),\"total_tokens\":\(promptTokens)")
        writer.write(raw: ",\"completion_tokens\":0,\"prompt_tokens_details\":null}}")
        return writer.bytes
    }
}

/// The data of a reply, in the order of the request's texts.
public enum TextTaskData: Hashable, Sendable {
    case scores([Float])
    case classifications([Classification])
    case fills([MaskFill])

    func write(to writer: inout JSONWriter) {
        switch self {
        case .scores(let scores):
            writer.writeArray(scores.enumerated()) { writer, entry in
                writer.write(raw: "{\"index\":\(entry.offset),\"object\":\"score\",\"score\":")
                writer.write(entry.element)
                writer.write(raw: "}")
            }
        case .classifications(let classifications):
            writer.writeArray(classifications.enumerated()) { writer, entry in
                entry.element.write(index: entry.offset, to: &writer)
            }
        case .fills(let fills): writer.writeArray(fills) { writer, fill in fill.write(to: &writer) }
        }
    }
}

/// What a classifier says of one text.
public struct Classification: Hashable, Sendable {
    /// The label with the highest probability; nil if the model does not name its labels.
    public var label: String?
    /// One for each label, in the model's order.
    public var probabilities: [Float]

    public init(label: String?, probabilities: [Float]) {
        self.label = label
        self.probabilities = probabilities
    }

    fileprivate func write(index: Int, to writer: inout JSONWriter) {
        writer.write(raw: "{\"index\":\(index),\"label\":")
        writer.write(optional: label)
        writer.write(raw: ",\"probs\":")
        writer.writeArray(probabilities) { writer, probability in writer.write(probability) }
        writer.write(raw: ",\"num_classes\":\(probabilities.count)}")
    }
}

/// What a masked language model would put in place of one mask.
public struct MaskFill: Hashable, Sendable {
    public struct Candidate: Hashable, Sendable {
        public var token: Int
        /// The token's own text.
        public var text: String
        /// Its probability among all tokens.
        public var score: Float
        /// The whole text with the token in the mask's place.
        public var sequence: String

        public init(token: Int, text: String, score: Float, sequence: String) {
            self.token = token
            self.text = text
            self.score = score
            self.sequence = sequence
        }
    }

    /// The text's place in the request.
    public var index: Int
    /// Which of the text's masks this is, from 0.
    public var mask: Int
    /// The most probable first.
    public var candidates: [Candidate]

    public init(index: Int, mask: Int, candidates: [Candidate]) {
        self.index = index
        self.mask = mask
        self.candidates = candidates
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.write(raw: "{\"index\":\(index),\"object\":\"fill_mask\",\"mask\":\(mask),\"candidates\":")
        writer.writeArray(candidates) { writer, candidate in
            writer.write(raw: "{\"score\":")
            writer.write(candidate.score)
            writer.write(raw: ",\"token\":\(candidate.token),\"token_str\":")
            writer.write(candidate.text)
            writer.write(raw: ",\"sequence\":")
            writer.write(candidate.sequence)
            writer.write(raw: "}")
        }
        writer.write(raw: "}")
    }
}
